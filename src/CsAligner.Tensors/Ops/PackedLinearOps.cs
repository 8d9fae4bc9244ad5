using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Ops;

/// <summary>Linear layers of frozen weights: for tapes that do not record.</summary>
internal static unsafe class PackedLinearOps
{
    /// <summary>finish(x Wᵀ + bias) in one pass over the result.</summary>
    /// <param name="tape">A tape that does not record.</param>
    /// <param name="x">[..., K].</param>
    /// <param name="weights">[N, K], packed for the SIMD path in use.</param>
    /// <param name="bias">[N].</param>
    /// <param name="finish">The operation after the bias.</param>
    /// <param name="residual">[..., N] where the finish adds it, else null.</param>
    /// <returns>[..., N].</returns>
    public static Tensor Linear(this Tape tape, Tensor x, PackedWeights weights, Tensor bias,
        LinearEpilogueKind finish = LinearEpilogueKind.None, Tensor? residual = null)
    {
        if (tape.Recording) throw new InvalidOperationException("Packed weights have no gradient: use a tape that does not record.");
        if (x.Width != weights.Inputs || bias.Length != weights.Outputs
            || (finish == LinearEpilogueKind.AddResidual) != (residual is not null)
            || (residual is not null && (residual.Width != weights.Outputs || residual.Rows != x.Rows)))
            throw new ArgumentException(
                $"Linear: input {Shapes.Format(x.Shape)}, packed weights [{weights.Outputs}, {weights.Inputs}], "
                    + $"bias {Shapes.Format(bias.Shape)}{(residual is null ? "" : $" and residual {Shapes.Format(residual.Shape)}")} do "
                    + "not fit.", nameof(x));
        var y = tape.Rent([.. x.Shape[..^1], weights.Outputs]);
        PackedProduct.Run(x.Pointer, x.Rows, weights, bias.Pointer, finish, residual is null ? null : residual.Pointer, y.Pointer);
        return y;
    }
}
