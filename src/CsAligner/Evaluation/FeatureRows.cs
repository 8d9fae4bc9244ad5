using CsAligner.Tensors;

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
}
