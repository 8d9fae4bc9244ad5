using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Objective;

/// <summary>
/// Pairs as encoders give them: unit rows, each modality around a direction of its own, what belongs together a little closer.
/// </summary>
internal static class ObjectiveInputs
{
    private const float Gap = 1.2f, Shared = 0.6f;

    public static (Tensor Images, Tensor Texts) Synthetic(int batch, int dim)
    {
        var random = new RandomGenerator(1);
        float deviation = 1 / MathF.Sqrt(dim);
        Tensor pairs = Tensor.Normal(random, deviation, batch, dim);
        return (Modality(random, pairs, deviation), Modality(random, pairs, deviation));
    }

    private static Tensor Modality(RandomGenerator random, Tensor pairs, float deviation)
    {
        int dim = pairs.Width;
        Tensor direction = Tensor.Normal(random, Gap * deviation, dim), rows = Tensor.Normal(random, deviation, pairs.Rows, dim);
        for (int i = 0; i < pairs.Rows; i++)
        {
            Span<float> row = rows.Span.Slice(i * dim, dim);
            float square = 0;
            for (int d = 0; d < dim; d++)
            {
                row[d] += direction.Span[d] + (Shared * pairs.Span[(i * dim) + d]);
                square += row[d] * row[d];
            }
            for (int d = 0; d < dim; d++) row[d] /= MathF.Sqrt(square);
        }
        return rows;
    }
}
