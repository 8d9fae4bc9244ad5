using System.Numerics.Tensors;
using CsAligner.Tensors;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

// Shapes: rows [R, D].

/// <summary>Rows picked out of feature tensors, without a tape.</summary>
public static class FeatureRows
{
    /// <summary>The chosen rows as a new tensor.</summary>
    /// <param name="features">[R, D].</param>
    /// <param name="rows">Row numbers, in the order wanted.</param>
    public static Tensor Take(Tensor features, ReadOnlySpan<int> rows)
    {
        ArgumentNullException.ThrowIfNull(features);
        int width = features.Width;
        var taken = new Tensor(rows.Length, width);
        for (int r = 0; r < rows.Length; r++)
            features.Span.Slice(rows[r] * width, width).CopyTo(taken.Span[(r * width)..]);
        return taken;
    }

    /// <summary>Rows <paramref name="start"/> up to <paramref name="end"/> as a new tensor.</summary>
    /// <param name="features">[R, D].</param>
    /// <param name="start">First row.</param>
    /// <param name="end">The row behind the last.</param>
    public static Tensor Range(Tensor features, int start, int end)
    {
        ArgumentNullException.ThrowIfNull(features);
        int width = features.Width;
        return Tensor.From(features.Span[(start * width)..(end * width)], end - start, width);
    }

    /// <summary>The rows of one set, and below them those of another.</summary>
    internal static Tensor Join(Tensor first, Tensor second)
    {
        var rows = new Tensor(first.Rows + second.Rows, first.Width);
        first.Span.CopyTo(rows.Span);
        second.Span.CopyTo(rows.Span[first.Length..]);
        return rows;
    }

    /// <summary>The rows scaled to length 1, as a new tensor.</summary>
    /// <param name="features">[R, D].</param>
    /// <param name="operation">What they are for, for the message of an error.</param>
    /// <exception cref="InputException">A row has no direction.</exception>
    internal static Tensor Unit(Tensor features, string operation)
    {
        int width = features.Width;
        var unit = new Tensor(features.Rows, width);
        var wide = new double[width];
        for (int r = 0; r < features.Rows; r++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(features.Span.Slice(r * width, width), wide);
            double squared = 0;
            foreach (double value in wide) squared += value * value;
            if (!(squared > 0 && double.IsFinite(squared)))
                throw new InputException($"{operation}: row {r} has the squared length {squared}; every row needs finite values and a "
                    + "direction: remove it or encode it again");
            TensorPrimitives.Divide(wide, Math.Sqrt(squared), wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide, unit.Span.Slice(r * width, width));
        }

        return unit;
    }
}
