//! Form fields, errors beside fields, and forms sent without a reload.

pub mod category_select;
pub mod enhanced_forms;
pub mod feed_request_form;
pub mod folder_select;
pub mod form;
pub mod form_outcome;
pub mod move_buttons;
pub mod save_button;
pub mod text_area;
