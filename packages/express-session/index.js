export * from 'latchstring/express-session'
export { default } from 'latchstring/express-session'
