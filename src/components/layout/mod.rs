//! Page layout, sidebar, notices, error pages, icons.

pub mod assets;
pub mod empty_state;
pub mod error_page;
pub mod feed_icon;
pub mod icons;
pub mod inline_code;
pub mod new_device_notice;
pub mod notice_banner;
pub mod page_layout;
pub mod qr_code;
pub mod raw_text;
pub mod safe_html;
pub mod sidebar;
pub mod time_element;
