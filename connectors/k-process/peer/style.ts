/** How the pages of the record look: plain, readable at any zoom. */
export const STYLE = `
:root { font: 16px/1.5 system-ui, 'DejaVu Sans', sans-serif; color: #1b1b1b; background: #f2f4f5; }
body { margin: 0; }
header { background: #0b4f4a; color: #fff; padding: .75rem 1.5rem; }
header p { margin: 0; }
.product { font-weight: 700; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 0; }
section { background: #fff; border: 1px solid #c5ccd0; border-radius: .4rem; padding: 1rem 1.25rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1.5rem; margin: 0; }
dt { color: #4a4a4a; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
@media (width < 40rem) { dl { grid-template-columns: 1fr; } main { padding: 1rem; } }
.tag { border: 1px solid currentcolor; border-radius: .3rem; padding: 0 .4rem; font-size: .8rem; font-weight: 400; }
.alert { background: #fff1f0; border-left: .4rem solid #b3261e; padding: .75rem 1rem; }
.told { background: #e6f4ea; border-left: .4rem solid #1e6b34; padding: .75rem 1rem; }
label { display: block; font-weight: 600; }
textarea { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; border: 1px solid #5c666b; border-radius: .3rem; }
button { font: inherit; font-weight: 600; margin-top: .75rem; padding: .5rem 1.25rem; color: #fff; background: #0b4f4a; border: 0; border-radius: .3rem; }
:focus-visible { outline: 3px solid #c75b00; outline-offset: 2px; }
`;
