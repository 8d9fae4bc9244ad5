using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Layers;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Ops;

/// <summary>Sums, means and losses.</summary>
public static unsafe class ReductionOps
{
    /// <summary>The sum of all elements, as a scalar.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Sum(this Tape tape, Tensor x) => Total(tape, x, 1);

    /// <summary>The mean of all elements, as a scalar.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape with at least one element.</param>
    public static Tensor Mean(this Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.Length == 0) throw new ArgumentException("Mean of no elements.", nameof(x));
        return Total(tape, x, 1f / x.Length);
    }

    /// <summary>The sum over one dimension, which is left out of the result.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape of rank 1 or more.</param>
    /// <param name="axis">The dimension, from 0.</param>
    public static Tensor Sum(this Tape tape, Tensor x, int axis)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, x.Rank);
        int outer = Shapes.Length(x.Shape[..axis]), size = x.Shape[axis], inner = Shapes.Length(x.Shape[(axis + 1)..]);
        var y = tape.Rent([.. x.Shape[..axis], .. x.Shape[(axis + 1)..]], x.RequiresGrad);
        for (int o = 0; o < outer; o++)
            Reductions.SumRows(x.Pointer + ((long)o * size * inner), size, inner, y.Pointer + ((long)o * inner), accumulate: false);
        tape.Record(y, () =>
        {
            float* sink = x.GradSink(out bool accumulate);
            for (int o = 0; o < outer; o++)
            {
                float* part = sink + ((long)o * size * inner);
                float* upstream = y.GradPointer + ((long)o * inner);
                if (accumulate) Elementwise.AddToRows(part, upstream, part, size, inner);
                else Elementwise.RepeatRow(upstream, part, size, inner);
            }
        });
        return y;
    }

    /// <summary>The mean of the rows of each sequence: what pools tokens into one feature.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, T, W], or packed sequences [N, W].</param>
    /// <param name="offsets">Of packed sequences the first row of each, and N: B + 1 numbers. Not copied:
    /// do not change it until the backward pass is done.</param>
    /// <returns>[B, W].</returns>
    public static Tensor MeanOfSequences(this Tape tape, Tensor x, int[]? offsets = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        var sequences = SequenceLayout.Of(x, offsets, "MeanOfSequences");
        var y = tape.Rent([sequences.Batch, x.Width], x.RequiresGrad);
        SequenceMeans.Forward(x.Pointer, sequences, x.Width, y.Pointer);
        tape.Record(y, (x, sequences),
            static (y, s) => SequenceMeans.Backward(y.GradPointer, s.sequences, y.Width, s.x.GradSink(out bool accumulate), accumulate));
        return y;
    }

    /// <summary>The mean over rows of -log softmax(logits)[target], in nats.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="logits">[R, C].</param>
    /// <param name="targets">R class numbers, 0 to C - 1. Not copied.</param>
    public static Tensor CrossEntropy(this Tape tape, Tensor logits, int[] targets)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(targets);
        int rows = logits.Rows, classes = logits.Width;
        if (rows == 0 || targets.Length != rows || targets.Any(t => (uint)t >= (uint)classes))
            throw new ArgumentException($"CrossEntropy: logits {Shapes.Format(logits.Shape)} need {rows} targets of 0 to {classes - 1}, at "
                + "least one.", nameof(targets));

        var y = tape.Rent([], logits.RequiresGrad);
        var probabilities = tape.Rent(logits.Shape);
        var losses = tape.Rent([rows]);
        Blocks.ForRows(rows, classes, (start, end) =>
        {
            for (int r = start; r < end; r++)
            {
                float* row = logits.Pointer + ((long)r * classes);
                losses.Pointer[r] = RowKernels.SoftmaxRow(row, probabilities.Pointer + ((long)r * classes), classes) - row[targets[r]];
            }
        });
        *y.Pointer = (float)(Reductions.Sum(losses.Pointer, rows) / rows);
        tape.Record(y, () =>
        {
            float upstream = *y.GradPointer / rows;
            float* p = probabilities.Pointer;
            for (int r = 0; r < rows; r++) p[((long)r * classes) + targets[r]] -= 1;
            Elementwise.Scale(p, upstream, logits.GradSink(out bool accumulate), logits.Length, accumulate);
        }, probabilities);
        return y;
    }

    /// <summary>The mean over all elements of weight (x - target)², with a weight per sample, as a scalar.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, ...], at least one element.</param>
    /// <param name="target">As x. A constant: it gets no gradient.</param>
    /// <param name="weights">[B]. Constants.</param>
    public static Tensor SquaredError(this Tape tape, Tensor x, Tensor target, Tensor weights)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(weights);
        if (x.Rank == 0 || x.Length == 0 || !x.Shape.SequenceEqual(target.Shape) || weights.Length != x.Shape[0])
            throw new ArgumentException(
                $"SquaredError: {Shapes.Format(x.Shape)}, target {Shapes.Format(target.Shape)} and "
                    + $"weights {Shapes.Format(weights.Shape)} are not [B, ...] twice and [B].", nameof(x));
        int samples = x.Shape[0];
        var y = tape.Rent([], x.RequiresGrad);
        var difference = tape.Rent(x.Shape);
        using var scratch = new Scratch();
        double* errors = scratch.Doubles(samples);
        SquaredErrorKernel.Forward(x.Pointer, target.Pointer, weights.Pointer, difference.Pointer, errors, samples, x.Length / samples);
        double sum = 0;
        for (int b = 0; b < samples; b++) sum += errors[b];
        *y.Pointer = (float)(sum / x.Length);
        tape.Record(y, (x, difference, weights), static (y, s) =>
        {
            int samples = s.weights.Length, width = s.x.Length / samples;
            SquaredErrorKernel.Backward(s.difference.Pointer, s.weights.Pointer, *y.GradPointer * 2 / s.x.Length,
                s.x.GradSink(out bool accumulate), accumulate, samples, width);
        }, difference);
        return y;
    }

    private static Tensor Total(Tape tape, Tensor x, float factor)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        var y = tape.Rent([], x.RequiresGrad);
        *y.Pointer = (float)(Reductions.Sum(x.Pointer, x.Length) * factor);
        tape.Record(y, () =>
        {
            float upstream = *y.GradPointer * factor;
            var gradient = new Span<float>(x.GradSink(out bool accumulate), x.Length);
            if (accumulate) System.Numerics.Tensors.TensorPrimitives.Add(gradient, upstream, gradient);
            else gradient.Fill(upstream);
        });
        return y;
    }
}
