using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Ops;

/// <summary>Normalisations of rows: layer norm, softmax, unit length.</summary>
public static unsafe class NormalizationOps
{
    /// <summary>gamma (x - mean) / sqrt(variance + epsilon) + beta over the last dimension; the variance is the biased one.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[..., D].</param>
    /// <param name="gamma">[D].</param>
    /// <param name="beta">[D].</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor gamma, Tensor beta, float epsilon = 1e-5f)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(gamma);
        ArgumentNullException.ThrowIfNull(beta);
        int rows = x.Rows, width = x.Width;
        if (gamma.Length != width || beta.Length != width)
            throw new ArgumentException($"LayerNorm: input {Shapes.Format(x.Shape)} needs gamma and beta of {width}, "
                + $"got {gamma.Length} and {beta.Length}.", nameof(gamma));

        var y = tape.RentLike(x, x.RequiresGrad || gamma.RequiresGrad || beta.RequiresGrad);
        var statistics = tape.Rent([rows, 2]);
        LayerNormKernel.Forward(x.Pointer, gamma.Pointer, beta.Pointer, epsilon, y.Pointer, statistics.Pointer, rows, width);
        tape.Record(y, (x, gamma, beta, statistics), static (y, inputs) =>
        {
            var (x, gamma, beta, statistics) = inputs;
            var forward = new LayerNormKernel.Saved(x.Pointer, gamma.Pointer, statistics.Pointer);
            LayerNormKernel.Backward(
                forward, y.GradPointer, x.GradTarget(), gamma.GradTarget(), beta.GradTarget(), x.Rows, x.Width);
        }, statistics);
        return y;
    }

    /// <summary>exp(x) / sum exp(x) over the last dimension, shifted by its maximum.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[..., D].</param>
    public static Tensor Softmax(this Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        var y = tape.RentLike(x, x.RequiresGrad);
        RowKernels.Softmax(x.Pointer, y.Pointer, x.Rows, x.Width);
        tape.Record(y, x,
            static (y, x) =>
                RowKernels.SoftmaxBackward(y.Pointer, y.GradPointer, x.GradSink(out bool accumulate), x.Rows, x.Width, accumulate));
        return y;
    }

    /// <summary>x / |x| over the last dimension; rows shorter than <paramref name="epsilon"/> are divided by it.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[..., D].</param>
    /// <param name="epsilon">The smallest length divided by; greater than 0.</param>
    public static Tensor Normalize(this Tape tape, Tensor x, float epsilon = 1e-12f)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        int rows = x.Rows, width = x.Width;
        var y = tape.RentLike(x, x.RequiresGrad);
        var inverses = tape.Rent([rows]);
        RowKernels.Normalize(x.Pointer, y.Pointer, inverses.Pointer, rows, width, epsilon);
        tape.Record(
            y,
            (x, inverses),
            static (y, s) =>
                RowKernels.NormalizeBackward(y.Pointer, s.inverses.Pointer, y.GradPointer, s.x.GradSink(out bool accumulate), y.Rows,
                    y.Width, accumulate),
            inverses);
        return y;
    }
}
