// minimap.js -- the whole run on a strip: roles by term, findings, acts, hits.

class Minimap {
    constructor(page, canvas) {
        this.page = page;
        this.canvas = canvas;
        this.picture = document.createElement('canvas');
        this.stale = true;
    }

    get height() {
        return this.canvas.clientHeight;
    }

    // Pixels of the strip per point of the layout.
    get scale() {
        return this.height / (this.page.state.layout.height + 40);
    }

    y(at) {
        return (this.page.state.layout.y[at] + 20) * this.scale;
    }

    // The height of the layout that a pixel of the strip stands for.
    place(pixel) {
        return pixel / this.scale - 20;
    }

    lane(context, paint, server, x, width) {
        const {run, layout} = this.page.state, lane = run.lanes[server];
        const end = layout.y.length - 1;
        lane.forEach((look, i) => {
            if (!look.up)
                return;
            const top = this.y(look.at);
            const bottom = this.y(i + 1 < lane.length ? lane[i + 1].at : end);
            const leads = look.role === 'leader';
            context.fillStyle = leads || look.role === 'candidate'
                ? paint.fill(look.term) : paint.paler(look.term);
            const inset = leads ? 0 : look.role === 'candidate' ? 0.15 : 0.3;
            context.fillRect(x + inset * width, top, width * (1 - 2 * inset),
                Math.max(bottom - top, look.role === 'follower' ? 0 : 1));
        });
    }

    tick(context, colour, at, from, to) {
        context.fillStyle = colour;
        context.fillRect(from, this.y(at) - 1, to - from, 2);
    }

    // The parts that change only with the layout are painted once.
    paint_picture(paint, width, ratio) {
        const {picture, page} = this, {run, found} = page.state;
        picture.width = Math.round(width * ratio);
        picture.height = Math.round(this.height * ratio);
        const context = picture.getContext('2d');
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.fillStyle = paint.ground;
        context.fillRect(0, 0, width, this.height);
        const servers = visible_servers(page.state);
        const pitch = (width - 14) / servers.length;
        servers.forEach((server, i) => this.lane(context, paint, server,
            7 + i * pitch + pitch * 0.1, pitch * 0.8));
        for (const at of run.acts)
            this.tick(context, paint.quiet, at, 0, 6);
        const step = Math.max(1, Math.floor(found.length / 2000));
        for (let i = 0; i < found.length; i += step)
            this.tick(context, paint.fault, found[i], width - 5, width);
        for (const at of run.failures)
            this.tick(context, paint.fault, at, 0, width);
    }

    draw(paint) {
        const {page, canvas} = this;
        if (canvas.clientWidth === 0)
            return;
        page.fit(canvas);
        const ratio = window.devicePixelRatio || 1;
        const width = canvas.clientWidth;
        if (this.stale || this.picture.width !== canvas.width ||
            this.picture.height !== canvas.height)
            this.paint_picture(paint, width, ratio);
        this.stale = false;
        const context = canvas.getContext('2d');
        context.drawImage(this.picture, 0, 0, width, this.height);
        this.draw_view(context, paint, width);
        this.tell();
    }

    draw_view(context, paint, width) {
        const {view, at} = this.page.state;
        const top = (view.top + 20) * this.scale;
        const height = Math.max(4, this.page.height / view.zoom * this.scale);
        context.fillStyle = paint.ink;
        context.globalAlpha = 0.1;
        context.fillRect(0, top, width, height);
        context.globalAlpha = 1;
        context.strokeStyle = paint.ink;
        context.strokeRect(0.5, top + 0.5, width - 1, height - 1);
        this.tick(context, paint.ink, at, 0, width);
    }

    tell() {
        const {canvas} = this, {run} = this.page.state;
        const from = Math.max(0, this.page.window_us().from);
        const end = run.events[run.events.length - 1].us;
        canvas.setAttribute('aria-valuemax', Math.round(end / 1000));
        canvas.setAttribute('aria-valuenow', Math.round(from / 1000));
        canvas.setAttribute('aria-valuetext',
            `${milliseconds(from)} of ${milliseconds(end)}`);
    }
}
