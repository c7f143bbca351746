//! What lies behind a modal dialog is out of reach for the mouse, so it is for a screen reader and for scripts: quick
//! connect's Host must not be taken for the Site Manager's.

use egui::{Plugin, Ui};

/// Hides the names of everything behind the top modal, each frame that there is one.
#[derive(Debug, Default)]
pub(in crate::ui) struct Veil;

impl Plugin for Veil {
    fn debug_name(&self) -> &'static str {
        "veil"
    }

    fn on_end_pass(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx();
        let layers: Vec<_> = ctx.viewport(|viewport| viewport.this_pass.widgets.layer_ids().collect());
        let behind: Vec<_> =
            layers.into_iter().filter(|l| !ctx.memory(|memory| memory.is_above_modal_layer(*l))).collect();
        let hidden: Vec<_> = ctx.viewport(|viewport| {
            let widgets = &viewport.this_pass.widgets;
            behind.iter().flat_map(|layer| widgets.get_layer(*layer)).map(|widget| widget.id).collect()
        });
        for id in hidden {
            ctx.accesskit_node_builder(id, |node| {
                node.set_hidden();
                node.clear_label();
                node.clear_value();
                node.clear_labelled_by();
                node.clear_bounds();
            });
        }
    }
}
