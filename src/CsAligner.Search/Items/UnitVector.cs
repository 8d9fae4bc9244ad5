using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Retrieval;

namespace CsAligner.Search.Items;

/// <summary>Vectors scaled to length 1: float16 in an index, float32 in a query.</summary>
internal static class UnitVector
{
    // A unit row that was rounded to float16 has a length within this of 1.
    public const double HalfRounding = 1.0 / 2048;

    /// <summary>What an index keeps of a vector. Applied to what it gives, nothing changes.</summary>
    /// <param name="vector">Any length but 0.</param>
    /// <param name="what">Whose it is, for messages.</param>
    public static Half[] OfItem(ReadOnlySpan<float> vector, string what)
    {
        double length = Length(vector, what);
        var halves = new Half[vector.Length];
        TensorPrimitives.ConvertToHalf(vector, halves);
        if (Math.Abs(length - 1) <= HalfRounding)
        {
            var back = new float[vector.Length];
            TensorPrimitives.ConvertToSingle(halves, back);
            if (vector.SequenceEqual(back)) return halves;
        }

        for (int d = 0; d < halves.Length; d++) halves[d] = (Half)(vector[d] / length);
        return halves;
    }

    /// <summary>A query of length 1.</summary>
    /// <param name="vector">Any length but 0.</param>
    public static float[] OfQuery(ReadOnlySpan<float> vector)
    {
        double length = Length(vector, "the query");
        var unit = new float[vector.Length];
        for (int d = 0; d < unit.Length; d++) unit[d] = (float)(vector[d] / length);
        return unit;
    }

    public static float[] ToSingle(ReadOnlySpan<Half> vector)
    {
        var values = new float[vector.Length];
        TensorPrimitives.ConvertToSingle(vector, values);
        return values;
    }

    /// <summary>The cosine of a unit query with a kept row. Every store gives this score, computed here.</summary>
    public static float Cosine(ReadOnlySpan<float> query, ReadOnlySpan<Half> row)
    {
        (double product, double squared) = HalfDots.Dot(query, row);
        return (float)Math.Clamp(product / Math.Sqrt(squared), -1, 1);
    }

    private static double Length(ReadOnlySpan<float> vector, string what)
    {
        double squared = 0;
        foreach (float value in vector) squared += (double)value * value;
        if (!double.IsFinite(squared)) throw new InputException($"the vector of {what} has values that are not finite; encode it again");
        return squared > 0
            ? Math.Sqrt(squared)
            : throw new InputException($"the vector of {what} is all zeros and has no direction; leave it out or encode it again");
    }
}
