using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Ops;

/// <summary>
/// Parts of a transformer that each sample modulates with its own vectors (adaLN; Peebles and Xie 2023, arXiv 2212.09748). B batch, T
/// tokens, W width; the vectors of a sample lie side by side in its row of one modulation [B, k W].
/// </summary>
public static unsafe class ModulationOps
{
    /// <summary>
    /// (1 + scale) (x - mean) / sqrt(variance + epsilon) + shift over the last dimension; the variance is the biased one.
    /// </summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, T, W].</param>
    /// <param name="modulation">[B, k W].</param>
    /// <param name="shift">Which of the k vectors is added.</param>
    /// <param name="scale">Which of the k vectors scales.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    public static Tensor ModulatedLayerNorm(this Tape tape, Tensor x, Tensor modulation, int shift, int scale, float epsilon = 1e-6f)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Check("ModulatedLayerNorm", x, modulation, shift);
        Check("ModulatedLayerNorm", x, modulation, scale);
        int batch = x.Shape[0], tokens = x.Shape[1], width = x.Width;
        var y = tape.RentLike(x, x.RequiresGrad || modulation.RequiresGrad);
        var statistics = tape.Rent([batch, tokens, 2]);
        LayerNormKernel.ForwardGroups(
            x.Pointer, modulation.Pointer + (scale * width), modulation.Pointer + (shift * width), epsilon, y.Pointer, statistics.Pointer,
            new RowGroups(batch, tokens, width, modulation.Width));
        tape.Record(y, (x, modulation, statistics, shift, scale), static (y, s) =>
        {
            int width = y.Width;
            var dx = s.x.GradTarget();
            float* dm = ModulationSink(s.modulation, out var lent);
            LayerNormKernel.BackwardGroups(
                s.x.Pointer, s.modulation.Pointer + (s.scale * width), s.statistics.Pointer, y.GradPointer, dx,
                dm + (s.scale * width), dm + (s.shift * width), new RowGroups(y.Shape[0], y.Shape[1], width, s.modulation.Width));
            lent?.Release();
        }, statistics);
        return y;
    }

    /// <summary>residual + gate * branch, with one gate per sample.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="residual">[B, T, W].</param>
    /// <param name="branch">[B, T, W].</param>
    /// <param name="modulation">[B, k W].</param>
    /// <param name="gate">Which of the k vectors it is.</param>
    public static Tensor AddGated(this Tape tape, Tensor residual, Tensor branch, Tensor modulation, int gate)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(branch);
        Check("AddGated", residual, modulation, gate);
        if (!residual.Shape.SequenceEqual(branch.Shape))
            throw new ArgumentException(
                $"AddGated: residual {Shapes.Format(residual.Shape)} and branch {Shapes.Format(branch.Shape)} differ.",
                nameof(branch));
        int batch = residual.Shape[0], tokens = residual.Shape[1], width = residual.Width;
        var y = tape.RentLike(residual, residual.RequiresGrad || branch.RequiresGrad || modulation.RequiresGrad);
        GateKernel.Forward(
            residual.Pointer, branch.Pointer, modulation.Pointer + (gate * width), y.Pointer,
            new RowGroups(batch, tokens, width, modulation.Width));
        tape.Record(y, (residual, branch, modulation, gate), static (y, s) =>
        {
            int width = y.Width;
            var dbranch = s.branch.GradTarget();
            float* dm = s.modulation.RequiresGrad ? ModulationSink(s.modulation, out _) + (s.gate * width) : null;
            GateKernel.Backward(
                s.branch.Pointer, s.modulation.Pointer + (s.gate * width), y.GradPointer, dbranch, dm,
                new RowGroups(y.Shape[0], y.Shape[1], width, s.modulation.Width));

            // Last: the residual may take the gradient's buffer over instead of copying it.
            if (!s.residual.RequiresGrad || s.residual.TryTakeGradOf(y)) return;
            Kernels.Arrays.Elementwise.Scale(
                y.GradPointer, 1, s.residual.GradSink(out bool accumulateResidual), y.Length, accumulateResidual);
        });
        return y;
    }

    private static void Check(string operation, Tensor x, Tensor modulation, int part)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(modulation);
        if (x.Rank != 3 || modulation.Rank != 2 || modulation.Shape[0] != x.Shape[0] || modulation.Width % Math.Max(1, x.Width) != 0)
            throw new ArgumentException(
                $"{operation}: {Shapes.Format(x.Shape)} and modulation {Shapes.Format(modulation.Shape)} are not [B, T, W] and [B, k W].",
                nameof(modulation));
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, modulation.Width / x.Width);
    }

    // Kernels add to their vectors and do not touch the others, so vectors that are not yet set become 0 first.
    private static float* ModulationSink(Tensor modulation, out Tensor? lent)
    {
        lent = null;
        if (!modulation.RequiresGrad)
        {
            lent = Tensor.Rent(modulation.Shape, requiresGrad: false);
            lent.Span.Clear();
            return lent.Pointer;
        }

        float* sink = modulation.GradSink(out bool accumulate);
        if (!accumulate) new Span<float>(sink, modulation.Length).Clear();
        return sink;
    }
}
