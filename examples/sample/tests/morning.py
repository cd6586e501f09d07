"""What the traffic of the tests is made of."""

AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
]
PAGES = [
    "/",
    "/about",
    "/blog/",
    "/blog/gil",
    "/blog/gc?ref=rss",
    "/contact",
    "/search?q=log",
    "/feed.xml",
]
FILES = ["/static/site.css", "/static/app.js", "/static/logo.svg", "/favicon.ico", "/robots.txt"]
REFERRERS = [
    "-",
    "-",
    "https://www.example.com/links",
    "http://news.example.org/item?id=3",
    "android-app://x",
]
