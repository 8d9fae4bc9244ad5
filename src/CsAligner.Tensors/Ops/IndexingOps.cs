using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Tensors.Ops;

/// <summary>Rows picked, parts joined and cut out, images cut into patches.</summary>
public static unsafe class IndexingOps
{
    /// <summary>Rows of a table by their numbers: an embedding lookup.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="table">[V, D].</param>
    /// <param name="ids">Row numbers, 0 to V - 1; repeats allowed. Not copied: do not change it until the backward pass is done.</param>
    /// <returns>[ids.Length, D].</returns>
    public static Tensor Gather(this Tape tape, Tensor table, int[] ids)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(ids);
        int rows = table.Rows, width = table.Width;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)rows)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"Gather: the table has rows 0 to {rows - 1}.");
        }

        var y = tape.Rent([ids.Length, width], table.RequiresGrad);
        Indexing.GatherRows(table.Pointer, ids, y.Pointer, width);
        tape.Record(y, (table, ids), static (y, s) =>
        {
            float* sink = s.table.GradSink(out bool accumulate);
            if (!accumulate) new Span<float>(sink, s.table.Length).Clear();
            Indexing.ScatterAddRows(y.GradPointer, s.ids, sink, y.Width);
        });
        return y;
    }

    /// <summary>Tensors one after the other along a dimension.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="axis">The dimension, from 0.</param>
    /// <param name="parts">At least one; all sizes but the axis's agree.</param>
    public static Tensor Concat(this Tape tape, int axis, params Tensor[] parts)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Length == 0) throw new ArgumentException("Concat needs at least one tensor.", nameof(parts));
        int[] shape = parts[0].Shape.ToArray();
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, shape.Length);
        foreach (var part in parts[1..])
        {
            int[] other = part.Shape.ToArray();
            if (other.Length != shape.Length || !Enumerable.Range(0, shape.Length).All(i => i == axis || other[i] == shape[i]))
                throw new ArgumentException(
                    $"Concat along {axis}: shapes {Shapes.Format(parts[0].Shape)} and {Shapes.Format(other)} differ in other dimensions.",
                    nameof(parts));
            shape[axis] += other[axis];
        }

        int outer = Shapes.Length(shape.AsSpan(0, axis)), inner = Shapes.Length(shape.AsSpan(axis + 1)), stride = shape[axis] * inner;
        var y = tape.Rent(shape, parts.Any(p => p.RequiresGrad));
        int offset = 0;
        foreach (var part in parts)
        {
            int length = part.Shape[axis] * inner;
            Indexing.CopyRuns(part.Pointer, length, y.Pointer + offset, stride, outer, length, accumulate: false);
            offset += length;
        }

        tape.Record(y, () =>
        {
            int start = 0;
            foreach (var part in parts)
            {
                int length = part.Shape[axis] * inner;
                if (part.RequiresGrad)
                    Indexing.CopyRuns(y.GradPointer + start, stride, part.GradSink(out bool accumulate), length, outer, length, accumulate);
                start += length;
            }
        });
        return y;
    }

    /// <summary>A range of one dimension.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape of rank 1 or more.</param>
    /// <param name="axis">The dimension, from 0.</param>
    /// <param name="start">The first index kept.</param>
    /// <param name="count">How many are kept.</param>
    public static Tensor Slice(this Tape tape, Tensor x, int axis, int start, int count)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        int[] shape = x.Shape.ToArray();
        if (axis < 0 || axis >= shape.Length || start < 0 || count < 0 || start > shape[axis] - count)
            throw new ArgumentOutOfRangeException(nameof(start),
                $"Slice: {count} from {start} along dimension {axis} is outside shape {Shapes.Format(shape)}.");

        int outer = Shapes.Length(shape.AsSpan(0, axis)), inner = Shapes.Length(shape.AsSpan(axis + 1)), stride = shape[axis] * inner;
        shape[axis] = count;
        var y = tape.Rent(shape, x.RequiresGrad);
        Indexing.CopyRuns(x.Pointer + ((long)start * inner), stride, y.Pointer, count * inner, outer, count * inner, accumulate: false);
        tape.Record(y, (x, start, outer, inner, stride), static (y, s) =>
        {
            float* sink = s.x.GradSink(out bool accumulate);
            if (!accumulate) new Span<float>(sink, s.x.Length).Clear();
            int run = y.Length / Math.Max(1, s.outer);
            Indexing.CopyRuns(y.GradPointer, run, sink + ((long)s.start * s.inner), s.stride, s.outer, run, accumulate: true);
        });
        return y;
    }

    /// <summary>x once for each of <paramref name="count"/> rows of a new first dimension.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="count">At least 1.</param>
    public static Tensor Repeat(this Tape tape, Tensor x, int count)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var y = tape.Rent([count, .. x.Shape], x.RequiresGrad);
        Elementwise.RepeatRow(x.Pointer, y.Pointer, count, x.Length);
        tape.Record(y, x,
            static (y, x) => Reductions.SumRows(y.GradPointer, y.Shape[0], x.Length, x.GradSink(out bool accumulate), accumulate));
        return y;
    }

    /// <summary>Images as rows of pixels: what a convolution of kernel and stride <paramref name="size"/> sees at each place.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="images">[B, C, H, W]; H and W are multiples of size.</param>
    /// <param name="size">The side of a patch in pixels.</param>
    /// <returns>[B, (H / size) (W / size), C size size], patches row by row, within one channel by channel.</returns>
    public static Tensor Patchify(this Tape tape, Tensor images, int size)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        if (images.Rank != 4 || images.Shape[2] % size != 0 || images.Shape[3] % size != 0)
            throw new ArgumentException($"Patchify: images {Shapes.Format(images.Shape)} are not [B, C, H, W] with sides that are "
                + $"multiples of {size}.", nameof(images));
        int batch = images.Shape[0], channels = images.Shape[1], height = images.Shape[2], width = images.Shape[3];
        var y = tape.Rent([batch, height / size * (width / size), channels * size * size], images.RequiresGrad);
        Indexing.Patches(images.Pointer, y.Pointer, batch, channels, height, width, size, inverse: false, accumulate: false);
        tape.Record(y,
            () => Indexing.Patches(images.GradSink(out bool accumulate), y.GradPointer, batch, channels, height, width, size, inverse: true,
                accumulate));
        return y;
    }

    /// <summary>Rows of pixels as images: what undoes <see cref="Patchify"/>.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="patches">[B, (H / size) (W / size), C size size], as <see cref="Patchify"/> lays them out.</param>
    /// <param name="height">H, a multiple of size.</param>
    /// <param name="width">W, a multiple of size.</param>
    /// <param name="size">The side of a patch in pixels.</param>
    /// <returns>[B, C, H, W].</returns>
    public static Tensor Unpatchify(this Tape tape, Tensor patches, int height, int width, int size)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(patches);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        if (patches.Rank != 3 || height % size != 0 || width % size != 0 || patches.Shape[1] != height / size * (width / size)
            || patches.Width % (size * size) != 0)
            throw new ArgumentException($"Unpatchify: {Shapes.Format(patches.Shape)} are not patches of {size} x {size} pixels of images "
                + $"of {height} x {width}.", nameof(patches));
        int batch = patches.Shape[0], channels = patches.Width / (size * size);
        var y = tape.Rent([batch, channels, height, width], patches.RequiresGrad);
        Indexing.Patches(y.Pointer, patches.Pointer, batch, channels, height, width, size, inverse: true, accumulate: false);
        tape.Record(y, (patches, size), static (y, s) =>
        {
            float* sink = s.patches.GradSink(out bool accumulate);
            Indexing.Patches(y.GradPointer, sink, y.Shape[0], y.Shape[1], y.Shape[2], y.Shape[3], s.size, inverse: false, accumulate);
        });
        return y;
    }
}
