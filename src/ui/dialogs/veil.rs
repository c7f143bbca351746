//! What lies behind a modal dialog is out of reach for the mouse, so it is for a screen reader and for scripts: quick
//! connect's Host must not be taken for the Site Manager's.

use egui::{Context, Id, Plugin, Ui};

/// Hides the names of everything behind the top modal, each frame that there is one.
#[derive(Debug, Default)]
pub(in crate::ui) struct Veil {
    top: Option<Id>,
}

impl Veil {
    /// That modal dialog is drawn in this frame; the last one is the top one.
    pub(super) fn covers(ctx: &Context, modal: Id) {
        let now = ctx.cumulative_pass_nr();
        ctx.data_mut(|data| data.insert_temp(marker(), (now, modal)));
    }
}

fn marker() -> Id {
    Id::unique("top modal dialog")
}

impl Plugin for Veil {
    fn debug_name(&self) -> &'static str {
        "veil"
    }

    fn on_end_pass(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx();
        let now = ctx.cumulative_pass_nr();
        let drawn: Option<(u64, Id)> = ctx.data(|data| data.get_temp(marker()));
        let top = drawn.filter(|(pass, _)| *pass == now).map(|(_, modal)| modal);
        if std::mem::replace(&mut self.top, top) != top {
            // egui knows the top modal of the frame before: one more frame, and the names are right.
            ctx.request_repaint();
        }
        if top.is_some() {
            hide_behind(ctx);
        }
    }
}

fn hide_behind(ctx: &Context) {
    let layers: Vec<_> = ctx.viewport(|viewport| viewport.this_pass.widgets.layer_ids().collect());
    let behind: Vec<_> =
        layers.into_iter().filter(|layer| !ctx.memory(|memory| memory.is_above_modal_layer(*layer))).collect();
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
