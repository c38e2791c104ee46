//! Loads the islands once the page is readable.

use crate::components::{browser::site_address::DocumentBasePath, layout::assets::AssetUrls};
use leptos::{nonce::use_nonce, prelude::*};

/// The loader: when the browser is idle, it fetches the WebAssembly and hydrates every island. A page whose script
/// fails is the same page without the islands.
///
/// Stands in for leptos' own `HydrationScripts`, which reads file hashes from beside the binary at run time.
#[component]
pub fn Hydration() -> impl IntoView {
    let AssetUrls { js, wasm, .. } = use_context().unwrap_or_default();
    // Addresses within a script are not found by the layer that adds the base path to answers.
    let base = use_context::<DocumentBasePath>().map(|base| base.0).unwrap_or_default();
    let (js, wasm) = (format!("{base}{js}"), format!("{base}{wasm}"));
    let script = format!(
        "(self.requestIdleCallback??setTimeout)(async()=>{{\
         const m=await import({js:?});await m.default({{module_or_path:{wasm:?}}});m.hydrate();\
         for(const e of document.querySelectorAll('leptos-island'))await m[e.dataset.component]?.(e)}})"
    );
    view! {
        <script type="module" nonce=use_nonce()>
            {script}
        </script>
    }
}
