import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { deviceName } from './deviceName.ts'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const LINUX = 'Mozilla/5.0 (X11; Linux x86_64)'
const ANDROID = 'Mozilla/5.0 (Linux; Android 10; K)'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)'
const IPAD = 'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

const KNOWN: readonly (readonly [userAgent: string, name: string])[] = [
  [`${WINDOWS} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on Windows'],
  [`${MAC} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on macOS'],
  [`${LINUX} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on Linux'],
  [`${LINUX} ${WEBKIT} HeadlessChrome/126.0.0.0 Safari/537.36`, 'Chrome on Linux'],
  [`${LINUX} ${WEBKIT} Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36`, 'Chrome on Linux'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on ChromeOS'],
  [`${ANDROID} ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
  [`${ANDROID} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, 'Chrome on Android'],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) ${WEBKIT} Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36`,
    'Chrome on Android',
  ],
  [`${IPHONE} ${APPLE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, 'Chrome on iPhone'],
  [`${IPAD} ${APPLE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, 'Chrome on iPad'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox on Windows'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0',
    'Firefox on macOS',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (X11; FreeBSD amd64; rv:122.0) Gecko/20100101 Firefox/122.0', 'Firefox'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0', 'Firefox on Android'],
  [`${IPHONE} ${APPLE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`, 'Firefox on iPhone'],
  [`${IPAD} ${APPLE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`, 'Firefox on iPad'],
  [`${IPHONE} ${APPLE} Focus/8.1.1 Mobile/15E148`, 'Firefox on iPhone'],
  [`${MAC} ${APPLE} Version/17.5 Safari/605.1.15`, 'Safari on macOS'],
  [`${IPHONE} ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1`, 'Safari on iPhone'],
  [`${IPAD} ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1`, 'Safari on iPad'],
  [`${WINDOWS} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`, 'Edge on Windows'],
  [`${MAC} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`, 'Edge on macOS'],
  [`${LINUX} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`, 'Edge on Linux'],
  [`${ANDROID} ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0`, 'Edge on Android'],
  [`${IPHONE} ${APPLE} Version/17.0 EdgiOS/126.0.2592.56 Mobile/15E148 Safari/605.1.15`, 'Edge on iPhone'],
  [`${WINDOWS} ${WEBKIT} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763`, 'Edge on Windows'],
  [`${WINDOWS} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0`, 'Opera on Windows'],
  [`${ANDROID} ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 OPR/82.0.0.0`, 'Opera on Android'],
  [`${IPHONE} ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1 OPT/4.7.0`, 'Opera on iPhone'],
  [
    'Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16',
    'Opera on Android',
  ],
  [
    `${ANDROID} ${WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet on Android',
  ],
  [`${WINDOWS} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.44`, 'Vivaldi on Windows'],
  [`${WINDOWS} ${WEBKIT} Chrome/122.0.0.0 YaBrowser/24.4.0.0 Safari/537.36`, 'Yandex Browser on Windows'],
  [`${MAC} ${APPLE} Version/17.5 Safari/605.1.15 Ddg/17.5`, 'DuckDuckGo on macOS'],
  ['Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer on Windows'],
  ['Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)', 'Internet Explorer on Windows'],
  [`${IPHONE} ${APPLE} Mobile/15E148`, 'Unknown browser on iPhone'],
  ['Mozilla/5.0', 'Unknown browser'],
  ['Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B)', 'Unknown browser on Android'],
  [`${LINUX} ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 node curl/8.8.0`, 'Chrome on Linux'],
  ['curl/8.8.0', 'curl'],
  ['Wget/1.21.4', 'Wget'],
  ['PostmanRuntime/7.39.0', 'Postman'],
  ['HTTPie/3.2.2', 'HTTPie'],
  ['python-requests/2.32.3', 'Python'],
  ['Go-http-client/2.0', 'Go'],
  ['node', 'Node.js'],
  ['undici', 'Node.js'],
  ['axios/1.7.2', 'Node.js'],
  ['', 'Unknown browser'],
]

const PROGRAM = /^(?:curl|Wget|Postman|HTTPie|Python|Go|Node\.js)$/
const BROWSER =
  'Edge|Opera|Samsung Internet|Vivaldi|Yandex Browser|DuckDuckGo|Firefox|Chrome|Internet Explorer|Safari|Unknown browser'
const SYSTEM = 'iPhone|iPad|Android|ChromeOS|Windows|macOS|Linux'
const BROWSER_NAME = new RegExp(`^(?:${BROWSER})(?: on (?:${SYSTEM}))?$`)

const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'Firefox/',
        'Windows',
        'curl/',
        '<script>',
        '\r\nBcc: a@b',
        '\0',
        '\ud800',
        '"',
        ' on ',
      ),
    ),
  )
  .map((parts) => parts.join(''))

suite('the name of a device', () => {
  for (const [userAgent, name] of KNOWN) {
    test(`is ${name} for ${userAgent.slice(0, 300) || 'an empty header'}`, () => {
      assert.equal(deviceName(userAgent), name)
    })
  }

  test('is unknown without a header', () => {
    assert.equal(deviceName(null), 'Unknown browser')
  })

  test('F-06: is one of the known names, whatever a client sends (T51)', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const name = deviceName(text)
        assert.ok(PROGRAM.test(name) || BROWSER_NAME.test(name), name)
      }),
      { numRuns: 500 },
    )
  })

  test('F-06: is found in the first 256 characters, so that a megabyte costs no more', () => {
    assert.equal(deviceName(`${'a'.repeat(1_048_576)}Firefox/127.0`), 'Unknown browser')
    assert.equal(deviceName('Windows'.repeat(150_000)), 'Unknown browser on Windows')
  })

  test('is said in the language of the user', () => {
    const [firefox] = KNOWN.find(([, name]) => name === 'Firefox on Windows') ?? ['']
    assert.equal(deviceName(firefox, 'de'), 'Firefox auf Windows')
    assert.equal(deviceName(firefox, 'es'), 'Firefox en Windows')
    assert.equal(deviceName(firefox, 'zh'), 'Windows 上的 Firefox')
    assert.deepEqual(
      (['en', 'de', 'es', 'zh'] as const).map((language) => deviceName(null, language)),
      ['Unknown browser', 'Unbekannter Browser', 'Navegador desconocido', '未知浏览器'],
    )
  })
})
