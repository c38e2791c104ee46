//! The sidebar: links to views, folders, feeds, categories and pages.

use super::{
    feed_icon::FeedIcon,
    icons::{Icon, LOGO_ICON},
};
use crate::{
    api::{access::LogOut, layout::SetTheme},
    components::article::list_toolbar::list_url,
    domain::{
        article::{ArticleScope, ArticleView, ListQuery},
        list_query::ListSettings,
        preferences::Theme,
        saved_search::SavedSearch,
        sidebar::{Sidebar, SidebarFeed, SidebarFolder},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use server_fn::ServerFn;

/// The field that filters the feeds.
pub const SIDEBAR_FILTER_ID: &str = "sidebar-find";

/// Number of feeds from which on there is a field to filter them.
const MIN_FILTERED_FEEDS: usize = 9;

/// Beside the page on a wide screen, a sheet over it on a narrow one (`popover`: no script needed).
#[component]
pub fn SidebarNav(sidebar: Sidebar) -> impl IntoView {
    let location = use_location();
    let here =
        SidebarPlace::new(&location.pathname.get_untracked(), &location.search.get_untracked(), sidebar.settings);
    let views = [
        (ArticleView::Unread, "Unread", sidebar.counts.unread),
        (ArticleView::Starred, "Starred", sidebar.counts.starred),
        (ArticleView::All, "All", sidebar.counts.all),
    ]
    .map(|(view, name, count)| {
        let id = format!("sidebar-{}", view.as_str());
        view! { <SidebarLink href=here.view_url(view) is_current=here.is_view(view) name count=(id, count) /> }
    });
    // Without saved searches the list is as short as ever.
    let views = match sidebar.searches {
        searches if searches.is_empty() => views.into_any(),
        searches => {
            let shown = location.search.get_untracked();
            let searches =
                searches.into_iter().map(|search| saved_search_link(&search, &here.path, &shown)).collect_view();
            (views, searches).into_any()
        }
    };
    let without_model = sidebar.settings.without_model;
    let pages = SIDEBAR_PAGES
        .iter()
        .filter(|(.., needs_model)| !(without_model && *needs_model))
        .map(|(href, name, _)| {
            let is_pulling = sidebar.is_pulling && *href == "/settings/ollama";
            view! { <SidebarLink href=*href is_current=here.path == *href name=*name is_pulling /> }
        })
        .collect_view();
    view! {
        <nav id="sidebar" class="sidebar" popover aria-label="Main">
            <a class="brand" href="/">
                <Icon path=LOGO_ICON />
                "Gleaner"
            </a>
            <ul>{views}</ul>
            <SidebarFeeds folders=sidebar.folders feeds=sidebar.feeds here=here.clone() />
            {(!sidebar.categories.is_empty())
                .then(|| {
                    let links = sidebar
                        .categories
                        .into_iter()
                        .map(|c| {
                            let scope = ArticleScope::Category(c.id);
                            view! { <SidebarLink href=here.scope_url(scope) is_current=here.is_scope(scope) name=c.name /> }
                        })
                        .collect_view();
                    view! {
                        <h2>"Categories"</h2>
                        <ul class="tags">{links}</ul>
                    }
                })}
            <h2>"Gleaner"</h2>
            <ul id="sidebar-pages" data-live>{pages}</ul>
            <ThemeSwitch theme=sidebar.theme />
            {sidebar
                .is_logged_in
                .then(|| {
                    view! {
                        <form class="foot" method="post" action=LogOut::url()>
                            <button class="button small">"Log out"</button>
                        </form>
                    }
                })}
            <p class="foot"><a href="/status">"Version " {env!("CARGO_PKG_VERSION")}</a></p>
        </nav>
    }
}

/// A saved search with its unread articles; marked when its query is on display, whose part of the address after `?` is `shown`.
fn saved_search_link(search: &SavedSearch, path: &str, shown: &str) -> impl IntoView + use<> {
    let mut params = url::form_urlencoded::parse(shown.trim_start_matches('?').as_bytes());
    let is_current = path == "/search" && params.any(|(name, value)| name == "q" && value == search.query);
    view! {
        <li>
            <a href=search.path() aria-current=is_current.then_some("page")>
                <span dir="auto">{search.name.clone()}</span>
                <span class="count">{search.unread.short_label()}</span>
            </a>
        </li>
    }
}

/// The folders, each with its feeds behind `<details>`, and the feeds without a folder.
#[component]
fn SidebarFeeds(folders: Vec<SidebarFolder>, feeds: Vec<SidebarFeed>, here: SidebarPlace) -> impl IntoView {
    let has_filter = feeds.len() >= MIN_FILTERED_FEEDS;
    let link = |feed: SidebarFeed| {
        let scope = ArticleScope::Feed(feed.id);
        let count = (format!("sidebar-feed-{}", feed.id), feed.unread);
        view! { <SidebarLink href=here.scope_url(scope) is_current=here.is_scope(scope) name=feed.title count icon=feed.icon /> }
    };
    let (filed, loose): (Vec<SidebarFeed>, Vec<SidebarFeed>) =
        feeds.into_iter().partition(|feed| folders.iter().any(|folder| feed.folder_id == Some(folder.id)));
    let folders = folders
        .into_iter()
        .map(|folder| {
            let scope = ArticleScope::Folder(folder.id);
            let feeds: Vec<_> = filed.iter().filter(|feed| feed.folder_id == Some(folder.id)).cloned().collect();
            let is_open = here.is_scope(scope) || feeds.iter().any(|feed| here.is_scope(ArticleScope::Feed(feed.id)));
            let count = (format!("sidebar-folder-{}", folder.id), folder.unread);
            let name = folder.name.clone();
            view! {
                <li class="folder">
                    <SidebarAnchor href=here.scope_url(scope) is_current=here.is_scope(scope) name count />
                    {(!feeds.is_empty())
                        .then(|| {
                            view! {
                                <details open=is_open>
                                    <summary><span class="sr">"Feeds in " {folder.name}</span></summary>
                                    <ul>{feeds.into_iter().map(link).collect_view()}</ul>
                                </details>
                            }
                        })}
                </li>
            }
        })
        .collect_view();
    view! {
        <h2>"Feeds"</h2>
        {has_filter
            .then(|| {
                view! {
                    <form class="sidebar-find" action="/feeds" role="search">
                        <input
                            type="search"
                            id=SIDEBAR_FILTER_ID
                            name="find"
                            autocomplete="off"
                            placeholder="Filter feeds"
                            aria-label="Filter feeds"
                        />
                    </form>
                }
            })}
        <ul id="sidebar-feeds">{folders} {loose.into_iter().map(link).collect_view()}</ul>
        <ul>
            <SidebarLink href="/feeds" is_current=here.path == "/feeds" name="Manage feeds" />
            <SidebarLink href="/feeds/new" is_current=here.path == "/feeds/new" name="Add a feed" />
        </ul>
    }
}

/// Pages that are not lists, and whether they are about the model.
const SIDEBAR_PAGES: [(&str, &str, bool); 8] = [
    ("/chat", "Chat", true),
    ("/interests", "Interests", true),
    ("/categories", "Categories", true),
    ("/settings", "Settings", false),
    ("/settings/ollama", "Ollama", true),
    ("/models", "Models", true),
    ("/status", "Status", false),
    ("/keys", "Keyboard shortcuts", false),
];

/// The current page. Links to other lists keep its order, and its view unless that is one of scoring.
#[derive(Clone, Debug)]
struct SidebarPlace {
    path: String,
    query: ListQuery,
    settings: ListSettings,
}

impl SidebarPlace {
    fn new(path: &str, search: &str, settings: ListSettings) -> Self {
        let is_of_list = path == "/" || path.starts_with("/articles/");
        let search = if is_of_list { search.trim_start_matches('?') } else { "" };
        let query = ListQuery::from_query_with(search, settings.defaults)
            .or_else(|_| ListQuery::from_query_with("", settings.defaults))
            .unwrap_or_default();
        Self { path: path.to_owned(), query, settings }
    }

    fn view_url(&self, view: ArticleView) -> String {
        list_url(&ListQuery { view, sort: self.query.sort, ..ListQuery::default() }, self.settings)
    }

    fn scope_url(&self, scope: ArticleScope) -> String {
        let view = match self.query.view {
            kept @ (ArticleView::Unread | ArticleView::All | ArticleView::Starred) => kept,
            ArticleView::Scoring | ArticleView::Blocked | ArticleView::Failed => self.settings.defaults.view,
        };
        list_url(&ListQuery { view, scope, sort: self.query.sort, ..ListQuery::default() }, self.settings)
    }

    fn is_view(&self, view: ArticleView) -> bool {
        self.is_scope(ArticleScope::All) && self.query.view == view
    }

    fn is_scope(&self, scope: ArticleScope) -> bool {
        self.path == "/" && self.query.scope == scope
    }
}

#[component]
fn SidebarLink(
    #[prop(into)] href: String,
    is_current: bool,
    #[prop(into)] name: String,
    /// Id of the element that shows the count, and the count; 0 is left out.
    #[prop(optional)]
    count: Option<(String, i64)>,
    /// Marked, because a model is being downloaded there.
    #[prop(optional)]
    is_pulling: bool,
    /// The hash of the icon of a feed's site.
    #[prop(optional_no_strip)]
    icon: Option<String>,
) -> impl IntoView {
    view! {
        <li>
            <SidebarAnchor href is_current name count is_pulling icon />
        </li>
    }
}

/// The same outside of a list item of its own.
#[component]
fn SidebarAnchor(
    href: String,
    is_current: bool,
    name: String,
    #[prop(into)] count: Option<(String, i64)>,
    #[prop(optional)] is_pulling: bool,
    #[prop(optional_no_strip)] icon: Option<String>,
) -> impl IntoView {
    view! {
        <a href=href aria-current=is_current.then_some("page")>
            <FeedIcon hash=icon />
            <span dir="auto">{name}</span>
            {count.map(|(id, count)| view! { <span class="count" id=id data-live>{(count > 0).then_some(count)}</span> })}
            {is_pulling.then(|| view! { <PullIndicator /> })}
        </a>
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

/// The choice of the theme: light, dark, or that of the system. Three buttons of one form, which an island sends without a reload.
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
                        " "
                    }
                })
                .collect_view()}
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::{ArticleScope, ArticleView, ListSettings, SidebarPlace};
    use crate::domain::{article::ArticleSort, list_query::ListDefaults};

    #[test]
    fn links_keep_the_order_and_the_view() {
        let newest = ListSettings {
            defaults: ListDefaults { view: ArticleView::All, sort: ArticleSort::Newest },
            without_model: false,
        };
        let standard = ListSettings::default();
        for (path, search, settings, folder, starred) in [
            ("/", "", standard, "/?folder=3", "/?view=starred"),
            (
                "/",
                "?view=all&sort=newest&cursor=0.1.2&feed=4",
                standard,
                "/?view=all&folder=3&sort=newest",
                "/?view=starred&sort=newest",
            ),
            ("/", "?view=failed", standard, "/?folder=3", "/?view=starred"),
            ("/articles/9", "?view=all&recent=9", standard, "/?view=all&folder=3", "/?view=starred"),
            ("/feeds", "?view=all", standard, "/?folder=3", "/?view=starred"),
            ("/", "?sort=sideways", standard, "/?folder=3", "/?view=starred"),
            ("/", "", newest, "/?folder=3", "/?view=starred"),
            ("/", "?view=unread&sort=score", newest, "/?view=unread&folder=3&sort=score", "/?view=starred&sort=score"),
        ] {
            let place = SidebarPlace::new(path, search, settings);
            assert_eq!(place.scope_url(ArticleScope::Folder(3.into())), folder, "{path}{search}");
            assert_eq!(place.view_url(ArticleView::Starred), starred, "{path}{search}");
        }
    }

    #[test]
    fn the_list_on_display_is_marked_whatever_its_order_and_page() {
        for (path, search, scope, is_here) in [
            ("/", "", ArticleScope::All, true),
            ("/", "?sort=newest&cursor=0.1.2", ArticleScope::All, true),
            ("/", "?feed=11", ArticleScope::Feed(1.into()), false),
            ("/", "?feed=1&view=all", ArticleScope::Feed(1.into()), true),
            ("/feeds", "", ArticleScope::All, false),
        ] {
            let place = SidebarPlace::new(path, search, ListSettings::default());
            assert_eq!(place.is_scope(scope), is_here, "{path}{search}");
        }
        assert!(SidebarPlace::new("/", "?view=all", ListSettings::default()).is_view(ArticleView::All));
    }
}
