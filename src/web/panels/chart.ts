/**
 * Charts as shapes: what a template needs to draw a picture of some days in SVG, worked out on the server by d3's scales and shapes. The
 * picture is stretched to whatever room there is, so everything that must not be stretched (texts, lines, dots) stands outside of it or is
 * drawn by strokes that do not scale.
 */
import { scaleBand, scaleLinear } from 'd3-scale';
import { line, stack } from 'd3-shape';

export interface Chart {
  readonly form: 'bars' | 'line';
  readonly width: number;
  readonly height: number;
  /** Of the lines behind, from top to bottom; texts stand beside them, evenly spaced. */
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  readonly columns: readonly Column[];
  /** Path through the values; days without one leave a gap. */
  readonly line: string | undefined;
  /** Of stacked bars, from the bottom up. */
  readonly legend: readonly { readonly part: string; readonly text: string }[];
}

export interface Column {
  /** Under it. */
  readonly label: string;
  /** What is told when it is pointed at. */
  readonly detail: string;
  /** The room that it takes, whatever is drawn there. */
  readonly x: number;
  readonly width: number;
  readonly bars: readonly {
    readonly part: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly dot: { readonly x: number; readonly y: number } | undefined;
}

export interface ChartDay {
  readonly label: string;
  readonly detail: string;
  /** By part; nothing for a day without a value. */
  readonly values: Readonly<Record<string, number>>;
}

export interface ChartOptions {
  readonly form: 'bars' | 'line';
  /** Which parts the values have, from the bottom up. */
  readonly parts: readonly { readonly part: string; readonly text: string }[];
  readonly tick: (value: number) => string;
}

const COLUMN = 20;
const HEIGHT = 100;
const ABOUT_SO_MANY_TICKS = 3;
/** A flat line is drawn in the middle, not on the edge. */
const LEAST_SPREAD = 4;

export function chartOf(days: readonly ChartDay[], { form, parts, tick }: ChartOptions): Chart {
  const width = days.length * COLUMN;
  const totals = days.map(({ values }) => sumOf(values));
  const y = scaleLinear()
    .domain(form === 'line' ? spread(totals) : [0, Math.max(1, ...totals.map((total) => total ?? 0))])
    .range([HEIGHT, 0])
    .nice(ABOUT_SO_MANY_TICKS);
  const x = scaleBand<number>().domain(days.keys()).range([0, width]).paddingInner(0.3).paddingOuter(0.15);
  const middle = (index: number) => (x(index) ?? 0) + x.bandwidth() / 2;
  const layers =
    form === 'line'
      ? []
      : stack<ChartDay>()
          .keys(parts.map(({ part }) => part))
          .value(amountOf)(days);
  const path = line<number | undefined>()
    .defined((total) => total !== undefined)
    .x((_total, index) => rounded(middle(index)))
    .y((total) => rounded(y(total ?? 0)));
  return {
    form,
    width,
    height: HEIGHT,
    ticks: y
      .ticks(ABOUT_SO_MANY_TICKS)
      .toReversed()
      .map((value) => ({ y: rounded(y(value)), text: tick(value) })),
    columns: days.map(({ label, detail }, index) => {
      const total = totals[index];
      return {
        label,
        detail,
        x: index * COLUMN,
        width: COLUMN,
        bars: layers.flatMap((layer) => {
          const [from = 0, to = 0] = layer[index] ?? [];
          const height = rounded(y(from) - y(to));
          const bar = {
            part: layer.key,
            x: rounded(x(index) ?? 0),
            y: rounded(y(to)),
            width: rounded(x.bandwidth()),
            height,
          };
          return height > 0 ? [bar] : [];
        }),
        dot: form === 'line' && total !== undefined ? { x: rounded(middle(index)), y: rounded(y(total)) } : undefined,
      };
    }),
    line: form === 'line' ? (path(totals) ?? undefined) : undefined,
    legend: parts.length > 1 ? parts : [],
  };
}

function amountOf({ values }: ChartDay, part: string): number {
  return values[part] ?? 0;
}

function sumOf(values: ChartDay['values']): number | undefined {
  const all = Object.values(values);
  return all.length === 0 ? undefined : all.reduce((sum, value) => sum + value, 0);
}

function spread(totals: readonly (number | undefined)[]): [number, number] {
  const known = totals.filter((total) => total !== undefined);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const lacking = Math.max(0, LEAST_SPREAD - (highest - lowest)) / 2;
  return [Math.max(0, lowest - lacking), highest + lacking];
}

/** Pages stay small, and nobody sees less than a tenth of a unit. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
