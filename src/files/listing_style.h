// What every listing looks like and never changes.
#pragma once

#include <string_view>

namespace sluice {

// Dark or light, as the reader has chosen. On a narrow screen size and time stand below the name,
// and all of a row is its link.
inline constexpr std::string_view kListingStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--dim:#5c6672;--line:#e3e7ec;
--hover:#f2f5f9;--link:#0a58ca;--folder:#c8881f;--file:#8a94a0}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--text:#e4e7eb;--dim:#9aa4b0;--line:#2a3036;
--hover:#1e2328;--link:#7db3ff;--folder:#e0aa4e;--file:#7c8793}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:clamp(1rem,4vw,3rem) clamp(.5rem,3vw,2rem);
background:var(--page);color:var(--text);-webkit-text-size-adjust:100%;text-size-adjust:100%;
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline;text-underline-offset:.2em}
a:focus-visible{outline:2px solid var(--link);outline-offset:-2px;border-radius:.375rem}
h1{margin:0 0 1rem;padding:0 .75rem;font-size:1.375rem;font-weight:600;line-height:1.4;
letter-spacing:-.01em;overflow-wrap:anywhere}
h1 a{display:inline-block;padding:.375rem 0}
h1>a:only-child{color:inherit}
h1 i{padding:0 .35em;color:var(--dim);font-style:normal;font-weight:400}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{padding:0;border-bottom:1px solid var(--line);font-size:.875rem;font-weight:600;text-align:left}
th:first-child{width:100%}
th a{display:block;padding:.75rem;color:var(--dim);white-space:nowrap}
th[aria-sort] a{color:var(--text)}
td{padding:0 .75rem;border-bottom:1px solid var(--line);color:var(--dim);font-size:.9375rem;
white-space:nowrap}
td:first-child{width:100%;padding:0;font-size:1rem;white-space:normal}
th:nth-child(2),td:nth-child(2){text-align:right}
td a{display:flex;align-items:center;gap:.75rem;min-height:2.75rem;padding:.375rem .75rem}
tbody tr:hover{background:var(--hover)}
bdi{overflow-wrap:anywhere;white-space:pre-wrap}
.s{display:none}
td svg{flex:none;width:1.25rem;height:1.25rem;fill:var(--file)}
.d svg{fill:var(--folder)}
.d bdi{font-weight:500}
p{margin:0;padding:2rem .75rem;color:var(--dim)}
nav{display:flex;flex-wrap:wrap;gap:.75rem;padding:1.25rem .75rem}
nav a{padding:.625rem 1.125rem;border:1px solid var(--line);border-radius:.5rem}
nav a:hover{background:var(--hover);text-decoration:none}
@media(max-width:40rem){
table,thead,tbody{display:block}
thead tr{display:flex}
th:first-child{flex:auto;width:auto}
tbody tr{display:grid;grid-template-columns:auto 1fr;position:relative;
border-bottom:1px solid var(--line)}
td{padding:0 .75rem .75rem;border:0;font-size:.875rem}
td:first-child{grid-column:1/-1;width:auto}
td a{align-items:flex-start;padding:.75rem .75rem .125rem;min-height:0}
td svg{margin-top:.125rem}
td a::after{content:"";position:absolute;inset:0}
td:nth-child(2){padding-left:2.75rem;padding-right:0;text-align:left}
td:nth-child(3){padding-left:.75rem;text-align:right}
.d td:nth-child(3){grid-column:1/-1;padding-left:2.75rem;text-align:left}
.u a{padding-bottom:.75rem}
.d td:nth-child(2),.u td+td{display:none}
}
)css";

// d is a folder, f a file, u the way up.
inline constexpr std::string_view kListingIcons = R"svg(<svg class="s" aria-hidden="true">
<symbol id="d" viewBox="0 0 20 20"><path
d="M2 6a2 2 0 0 1 2-2h3.6l2 2H16a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2z"/></symbol>
<symbol id="f" viewBox="0 0 20 20"><path fill-rule="evenodd"
d="M6 2a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V7l-5-5zm5 1.8L14.2 7H11z"/></symbol>
<symbol id="u" viewBox="0 0 20 20"><path
d="m10 3-6 6 1.4 1.4L9 6.8V17h2V6.8l3.6 3.6L16 9z"/></symbol>
</svg>
)svg";

}  // namespace sluice
