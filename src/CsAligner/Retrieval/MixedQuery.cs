using System.Numerics.Tensors;
using CsAligner.Tensors;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Retrieval;

// Shapes: queries [Q, D], unwanted [W, D].

/// <summary>Queries made of several rows of one space: pictures and words together, and words that should not be found.</summary>
public static class MixedQuery
{
    // Less than this of a query is rounding.
    private const double LeastLength = 1e-4;

    private const int MostSweeps = 100_000;
    private const double Settled = 1e-12;

    /// <summary>
    /// The mean of several rows for each query, with equal weights: every row is scaled to length 1, so is the mean. Picture and text rows
    /// each go through the adapter of their own side before.
    /// </summary>
    /// <param name="parts">At least one [Q, D]; a part of one row is part of every query.</param>
    /// <exception cref="InputException">A row is not finite or all zeros, or parts cancel each other.</exception>
    public static Tensor Mean(params ReadOnlySpan<Tensor> parts)
    {
        if (parts.Length == 0) throw new ArgumentException("Query: expected at least one part.", nameof(parts));
        int count = 0, width = parts[0].Width;
        foreach (Tensor part in parts) count = Math.Max(count, part.Rows);
        foreach (Tensor part in parts)
        {
            if (part.Rank != 2 || part.Width != width || (part.Rows != count && part.Rows != 1))
                throw new ArgumentException($"Query: expected parts of [{count}, {width}] or [1, {width}], got {part}.", nameof(parts));
        }

        var mean = new Tensor(count, width);
        for (int query = 0; query < count; query++)
        {
            var sum = new double[width];
            foreach (Tensor part in parts) TensorPrimitives.Add(sum, Unit(part, part.Rows == 1 ? 0 : query), sum);
            double length = TensorPrimitives.Norm<double>(sum) / parts.Length;
            if (length < LeastLength)
                throw new InputException($"query {query}: its parts point in opposite directions and cancel; search for them one by one");
            Write(sum, mean, query);
        }

        return mean;
    }

    /// <summary>
    /// Takes unwanted directions out of queries: of all rows whose cosine with every unwanted row is at most 0, each query becomes the
    /// nearest one, scaled to length 1. For one unwanted row w that is q - max(0, q · w) w: what does not point towards w stays as it is.
    /// For several it is q minus its projection onto the cone of the unwanted rows (Moreau), whatever their order.
    /// </summary>
    /// <param name="queries">[Q, D].</param>
    /// <param name="unwanted">[W, D].</param>
    /// <exception cref="InputException">A row is not finite or all zeros, or nothing of a query is left.</exception>
    public static Tensor Without(Tensor queries, Tensor unwanted)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(unwanted);
        if (queries.Rank != 2 || unwanted.Rank != 2 || queries.Width != unwanted.Width)
            throw new ArgumentException($"Query: expected [Q, D] and [W, D] of one width, got {queries} and {unwanted}.", nameof(unwanted));
        double[][] words = [.. Enumerable.Range(0, unwanted.Rows).Select(row => Unit(unwanted, row))];
        var result = new Tensor(queries.Rows, queries.Width);
        for (int query = 0; query < queries.Rows; query++)
        {
            double[] left = Unit(queries, query);
            TakeOut(left, words);
            if (TensorPrimitives.Norm<double>(left) < LeastLength)
                throw new InputException($"query {query}: nothing is left of it without what should not be found; leave out less");
            Write(left, result, query);
        }

        return result;
    }

    // Least squares with weights of at least 0, one weight after the other (Hildreth); left = query - sum of weight times word.
    private static void TakeOut(double[] left, double[][] words)
    {
        var weights = new double[words.Length];
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            double change = 0;
            for (int w = 0; w < words.Length; w++)
            {
                double weight = Math.Max(0, weights[w] + TensorPrimitives.Dot<double>(left, words[w])), step = weight - weights[w];
                if (step == 0) continue;
                TensorPrimitives.MultiplyAdd(words[w], -step, left, left);
                weights[w] = weight;
                change = Math.Max(change, Math.Abs(step));
            }

            if (change < Settled) return;
        }
    }

    private static double[] Unit(Tensor rows, int row)
    {
        var wide = new double[rows.Width];
        TensorPrimitives.ConvertTruncating<float, double>(rows.Span.Slice(row * rows.Width, rows.Width), wide);
        double length = TensorPrimitives.Norm<double>(wide);
        if (!(length > 0 && double.IsFinite(length)))
            throw new InputException($"query: row {row} has the length {length}; every row needs finite values and a direction");
        TensorPrimitives.Divide(wide, length, wide);
        return wide;
    }

    private static void Write(double[] values, Tensor rows, int row)
    {
        TensorPrimitives.Divide(values, TensorPrimitives.Norm<double>(values), values);
        TensorPrimitives.ConvertTruncating<double, float>(values, rows.Span.Slice(row * rows.Width, rows.Width));
    }
}
