// Tells the server the person's time zone, so that the next page shows its times in it. Without scripts they are in UTC.
const { zoneCookie } = document.documentElement.dataset;
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (zoneCookie && timeZone && !document.cookie.split('; ').includes(`${zoneCookie}=${timeZone}`)) {
  const secure = location.protocol === 'https:' ? '; secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser that people still use.
  document.cookie = `${zoneCookie}=${timeZone}; path=/; max-age=31536000; samesite=lax${secure}`;
}
