//! The details of one variant on `/models`, and what can be done with it.

use crate::components::models::cli_equivalent::CliEquivalent;
use crate::{
    api::registry::{DeprecateVariant, SetVariantRoles, UndeprecateVariant},
    domain::registry::{ModelRole, Variant, format},
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// All details of a variant, and the forms for its roles and its deprecation.
#[component]
pub fn VariantDetails(variant: Variant) -> impl IntoView {
    let facts = format::variant_details(&variant)
        .into_iter()
        .map(|(label, value)| view! { <dt>{label}</dt><dd>{value}</dd> })
        .collect_view();
    view! {
        <div class="stack mt-4">
            <dl class="facts">{facts}</dl>
            <CliEquivalent command=format!("gleaner models show {}", variant.name) />
            <VariantRolesForm variant=variant.clone() />
            <VariantDeprecationForm variant />
        </div>
    }
}

#[component]
fn VariantRolesForm(variant: Variant) -> impl IntoView {
    let boxes = ModelRole::ALL
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
            <CliEquivalent command=format!("gleaner models roles set {} ROLE…", variant.name) />
        </form>
    }
}

#[component]
fn VariantDeprecationForm(variant: Variant) -> impl IntoView {
    let name = variant.name;
    if variant.deprecated {
        return view! {
            <form class="actions" method="post" action=UndeprecateVariant::url()>
                <input type="hidden" name="name" value=name.clone() />
                <button class="button small">"Undeprecate"</button>
                <CliEquivalent command=format!("gleaner models undeprecate {name}") />
            </form>
        }
        .into_any();
    }
    view! {
        <form class="actions" method="post" action=DeprecateVariant::url()>
            <input type="hidden" name="name" value=name.clone() />
            <label class="field"><span class="sr">"Reason"</span><input name="reason" placeholder="reason (optional)" maxlength="200" /></label>
            <button class="button small">"Deprecate"</button>
            <CliEquivalent command=format!("gleaner models deprecate {name} --reason …") />
        </form>
    }
    .into_any()
}
