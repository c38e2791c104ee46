//! The details of one variant on `/models`, and what can be done with it.

use super::models::SameAs;
use crate::{
    api::registry::{DeprecateVariant, SetVariantRoles, UndeprecateVariant},
    domain::registry::{Role, Variant, words},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Everything that is known, its roles, its mark.
#[component]
pub fn VariantDetails(variant: Variant) -> impl IntoView {
    let facts = words::sheet(&variant)
        .into_iter()
        .map(|(label, value)| view! { <dt>{label}</dt><dd>{value}</dd> })
        .collect_view();
    view! {
        <div class="stack mt-4">
            <dl class="facts">{facts}</dl>
            <SameAs command=format!("gleaner models show {}", variant.name) />
            <Roles variant=variant.clone() />
            <Mark variant />
        </div>
    }
}

#[component]
fn Roles(variant: Variant) -> impl IntoView {
    let boxes = Role::ALL
        .iter()
        .map(|role| {
            let has = variant.roles.contains(role);
            view! { <label><input type="checkbox" name=role.as_str() value="true" checked=has /> " " {role.as_str()}</label> }
        })
        .collect_view();
    view! {
        <form class="actions" method="post" action=SetVariantRoles::url()>
            <input type="hidden" name="name" value=variant.name.clone() />
            {boxes}
            <button class="button small">"Save roles"</button>
            <SameAs command=format!("gleaner models roles set {} ROLE…", variant.name) />
        </form>
    }
}

#[component]
fn Mark(variant: Variant) -> impl IntoView {
    let name = variant.name;
    if variant.deprecated {
        return view! {
            <form class="actions" method="post" action=UndeprecateVariant::url()>
                <input type="hidden" name="name" value=name.clone() />
                <button class="button small">"Take the mark away"</button>
                <SameAs command=format!("gleaner models undeprecate {name}") />
            </form>
        }
        .into_any();
    }
    view! {
        <form class="actions" method="post" action=DeprecateVariant::url()>
            <input type="hidden" name="name" value=name.clone() />
            <label class="field"><span class="sr">"Why"</span><input name="reason" placeholder="why (optional)" maxlength="200" /></label>
            <button class="button small">"Deprecate"</button>
            <SameAs command=format!("gleaner models deprecate {name} --reason …") />
        </form>
    }
    .into_any()
}
