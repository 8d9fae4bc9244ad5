using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using MathNet.Numerics.LinearAlgebra;

namespace CsAligner.Studies.Baselines;

/// <summary>A fitted baseline: what becomes of rows, [N, D] to unit rows [N, D].</summary>
/// <param name="Images">Of images.</param>
/// <param name="Texts">Of texts.</param>
internal sealed record BaselineMaps(Func<Tensor, Tensor> Images, Func<Tensor, Tensor> Texts)
{
    /// <summary>x -> to + W (x - from), then L2 normalisation.</summary>
    /// <param name="weight">W, [D, D]; null for the identity.</param>
    /// <param name="from">[D].</param>
    /// <param name="to">[D]; null for 0.</param>
    public static Func<Tensor, Tensor> Affine(Matrix<double>? weight, Vector<double> from, Vector<double>? to = null)
    {
        int width = from.Count;
        Vector<double> shift = -(weight is null ? from : weight * from);
        if (to is not null) shift += to;
        var map = new StartMap(
            weight is null ? null : Tensor.From([.. weight.ToRowMajorArray().Select(v => (float)v)], width, width),
            Tensor.From([.. shift.Select(v => (float)v)], width));
        return rows =>
        {
            using var tape = Tape.Inference();
            return Tensor.From(map.Forward(tape, rows).Span, rows.Rows, width);
        };
    }
}
