using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx;

/// <summary>From an output to rows of unit length.</summary>
internal static class OnnxFeatures
{
    private const int LargestWidth = 1 << 20;

    // The squares of shorter rows are below what float32 holds in full, and dividing by their root gives no row of unit length.
    private const float Least = 1e-15f;

    /// <summary>Reads the first rows of an output [B, D], or pools one of [B, T, D].</summary>
    /// <param name="values">The output.</param>
    /// <param name="shape">Its sizes; trailing ones of a convolutional network's pooled output do not count.</param>
    /// <param name="pooling">Mean, Cls, Last or Max of three dimensions; of two it does not matter.</param>
    /// <param name="spans">For each row its first token and the one behind its last; null if all tokens count.</param>
    /// <param name="rows">Rows wanted; a padded batch has more.</param>
    /// <param name="expected">Values of a row; 0 where they are not known yet.</param>
    /// <param name="write">Takes the number of a row and the row.</param>
    /// <param name="where">The output's name in errors.</param>
    public static void Read(ReadOnlySpan<float> values, ReadOnlySpan<long> shape, OnnxPooling pooling,
        ReadOnlySpan<(int First, int End)> spans, int rows, int expected, RowWriter write, string where)
    {
        while (shape.Length > 2 && shape[^1] == 1) shape = shape[..^1];
        if (shape.Length is not (2 or 3) || shape[0] < rows || shape[^1] < 1)
            throw new InputException(
                $"{where} has the shape [{string.Join(", ", shape.ToArray())}]; expected [{rows}, width] or [{rows}, tokens, width]");
        int width = (int)shape[^1], tokens = shape.Length == 3 ? (int)shape[1] : 1;
        if (shape[^1] > LargestWidth)
            throw new InputException($"{where} has features of {shape[^1]} values, more than any encoder has; name another output");
        if (expected > 0 && width != expected)
            throw new InputException($"{where} has features of {width} values, but had {expected} before; name another output");
        var row = new float[width];
        for (int i = 0; i < rows; i++)
        {
            var sample = values.Slice(i * tokens * width, tokens * width);
            if (shape.Length == 2)
            {
                sample.CopyTo(row);
            }
            else
            {
                var (first, end) = spans.IsEmpty ? (0, tokens) : spans[i];
                if (end > tokens || first >= end)
                    throw new InputException($"{where} has {tokens} tokens for {end} input tokens; name an output with one vector per "
                        + "token");
                Pool(sample[(first * width)..(end * width)], width, pooling, row);
            }

            // A row without direction is left to EmbeddedBatch, which refuses it, as 0 or unchanged.
            float norm = TensorPrimitives.Norm<float>(row);
            if (norm < Least) Array.Clear(row);
            else if (float.IsFinite(norm)) TensorPrimitives.Divide(row, norm, row);
            write(i, row);
        }
    }

    private static void Pool(ReadOnlySpan<float> tokens, int width, OnnxPooling pooling, Span<float> row)
    {
        int count = tokens.Length / width;
        switch (pooling)
        {
            case OnnxPooling.Last:
                tokens[^width..].CopyTo(row);
                return;
            case OnnxPooling.Mean:
                tokens[..width].CopyTo(row);
                for (int t = 1; t < count; t++) TensorPrimitives.Add(row, tokens.Slice(t * width, width), row);
                TensorPrimitives.Divide(row, count, row);
                return;
            case OnnxPooling.Max:
                tokens[..width].CopyTo(row);
                for (int t = 1; t < count; t++) TensorPrimitives.Max(row, tokens.Slice(t * width, width), row);
                return;
            default:
                tokens[..width].CopyTo(row);
                return;
        }
    }

    /// <summary>Takes a row that lives only while it is handed over.</summary>
    internal delegate void RowWriter(int row, ReadOnlySpan<float> values);
}
