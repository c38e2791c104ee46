//! The way around the house: views, folders, feeds, categories, pages.

use super::{
    feed_icon::FeedIcon,
    icons::{Icon, LOGO_ICON},
};
use crate::{
    api::{access::LogOut, layout::SetTheme},
    domain::{preferences::Theme, sidebar::Sidebar},
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// Beside the page on a wide screen, a sheet over it on a narrow one (`popover`: no script needed).
#[component]
pub fn SidebarNav(sidebar: Sidebar) -> impl IntoView {
    let location = use_location();
    let here = (location.pathname.get_untracked(), location.search.get_untracked());
    let rest = sidebar.feed_count - i64::try_from(sidebar.feeds.len()).unwrap_or(0);
    view! {
        <nav id="sidebar" class="sidebar" popover aria-label="Main">
            <a class="brand" href="/">
                <Icon path=LOGO_ICON />
                "Gleaner"
            </a>
            <div id="sidebar-lists" data-live>
                <ul>
                    <SidebarLink here=here.clone() href="/" name="Unread" count=sidebar.counts.unread />
                    <SidebarLink here=here.clone() href="/?view=starred" name="Starred" count=sidebar.counts.starred />
                    <SidebarLink here=here.clone() href="/?view=all" name="All" count=sidebar.counts.all />
                </ul>
                {(!sidebar.folders.is_empty())
                    .then(|| {
                        let here = here.clone();
                        view! {
                            <h2>"Folders"</h2>
                            <ul>
                                {sidebar
                                    .folders
                                    .into_iter()
                                    .map(|f| {
                                        view! {
                                            <SidebarLink
                                                here=here.clone()
                                                href=format!("/?folder={}", f.id)
                                                name=f.name
                                                count=f.unread
                                            />
                                        }
                                    })
                                    .collect_view()}
                            </ul>
                        }
                    })}
                <h2>"Feeds"</h2>
                <ul>
                    {sidebar
                        .feeds
                        .into_iter()
                        .map(|f| {
                            view! {
                                <SidebarLink
                                    here=here.clone()
                                    href=format!("/?feed={}", f.id)
                                    name=f.title
                                    count=f.unread
                                    icon=f.icon
                                />
                            }
                        })
                        .collect_view()}
                    <SidebarLink here=here.clone() href="/feeds" name=all_feeds_label(sidebar.feed_count, rest) count=0 />
                    <SidebarLink here=here.clone() href="/feeds/new" name="Add a feed" count=0 />
                </ul>
                {(!sidebar.categories.is_empty())
                    .then(|| {
                        let here = here.clone();
                        view! {
                            <h2>"Categories"</h2>
                            <ul class="tags">
                                {sidebar
                                    .categories
                                    .into_iter()
                                    .map(|c| {
                                        view! {
                                            <SidebarLink
                                                here=here.clone()
                                                href=format!("/?category={}", c.id)
                                                name=c.name
                                                count=0
                                            />
                                        }
                                    })
                                    .collect_view()}
                            </ul>
                        }
                    })}
            </div>
            <h2>"Gleaner"</h2>
            <ul id="sidebar-pages" data-live>
                {SIDEBAR_PAGES
                    .iter()
                    .map(|(href, name)| {
                        let is_pulling = sidebar.is_pulling && *href == "/settings/ollama";
                        view! { <SidebarLink here=here.clone() href=*href name=*name count=0 is_pulling /> }
                    })
                    .collect_view()}
            </ul>
            <ThemeSwitch theme=sidebar.theme />
            {sidebar
                .is_logged_in
                .then(|| {
                    view! {
                        <form class="log-out" method="post" action=LogOut::url()>
                            <button class="button small">"Log out"</button>
                        </form>
                    }
                })}
        </nav>
    }
}

/// Pages that are not lists.
const SIDEBAR_PAGES: [(&str, &str); 8] = [
    ("/chat", "Chat"),
    ("/interests", "Interests"),
    ("/categories", "Categories"),
    ("/settings", "Settings"),
    ("/settings/ollama", "Ollama"),
    ("/models", "Models"),
    ("/status", "Status"),
    ("/keys", "Keyboard shortcuts"),
];

fn all_feeds_label(all: i64, unnamed: i64) -> String {
    if all > 0 && unnamed > 0 { format!("All {all} feeds") } else { "All feeds".into() }
}

#[component]
fn SidebarLink(
    here: (String, String),
    #[prop(into)] href: String,
    #[prop(into)] name: String,
    /// Left out when 0.
    count: i64,
    /// Marked, because a model is being downloaded there.
    #[prop(optional)]
    is_pulling: bool,
    /// The hash of the icon of a feed's site.
    #[prop(optional_no_strip)]
    icon: Option<String>,
) -> impl IntoView {
    let current = is_current_page(&href, &here).then_some("page");
    view! {
        <li>
            <a href=href aria-current=current>
                <FeedIcon hash=icon />
                <span dir="auto">{name}</span>
                {(count > 0).then(|| view! { <span class="count">{count}</span> })}
                {is_pulling.then(|| view! { <PullIndicator /> })}
            </a>
        </li>
    }
}

/// A small mark: a model is being downloaded.
#[component]
pub fn PullIndicator() -> impl IntoView {
    view! {
        <span class="pull-mark" title="A model is being downloaded">
            <span class="sr">"a model is being downloaded"</span>
        </span>
    }
}

/// Whether `href` is the list or page on display: same path, and same view, folder, feed and category.
fn is_current_page(href: &str, (path, search): &(String, String)) -> bool {
    let (href_path, href_query) = href.split_once('?').unwrap_or((href, ""));
    let place = |query: &str| {
        ["view", "folder", "feed", "category"].map(|key| {
            query
                .trim_start_matches('?')
                .split('&')
                .find_map(|p| p.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
        })
    };
    href_path == path && place(href_query) == place(search)
}

/// Light, dark, or as the system says. Three buttons of one form; the island makes them instant.
#[component]
pub fn ThemeSwitch(theme: Option<Theme>) -> impl IntoView {
    let chosen = theme.map_or("system", Theme::as_str);
    view! {
        <form class="theme" method="post" action=SetTheme::url() data-quiet aria-label="Theme">
            {[("light", "Light"), ("dark", "Dark"), ("system", "System")]
                .map(|(word, label)| {
                    view! {
                        <button name="theme" value=word aria-pressed=if word == chosen { "true" } else { "false" }>
                            {label}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::is_current_page;

    #[test]
    fn the_place_on_display_is_marked_whatever_its_order_and_page() {
        let here = |path: &str, search: &str| (path.to_owned(), search.to_owned());
        for (href, at, is_here) in [
            ("/", here("/", ""), true),
            ("/", here("/", "?sort=newest&cursor=1.2.3"), true),
            ("/", here("/", "?view=all"), false),
            ("/?view=all", here("/", "view=all&q=rust"), true),
            ("/?feed=1", here("/", "?feed=11"), false),
            ("/?feed=1", here("/", "?feed=1&view=all"), false),
            ("/feeds", here("/feeds", ""), true),
            ("/", here("/feeds", ""), false),
        ] {
            assert_eq!(is_current_page(href, &at), is_here, "{href} at {at:?}");
        }
    }
}
