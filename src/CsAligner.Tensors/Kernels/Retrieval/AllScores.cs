using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Retrieval;

// Shapes: queries [Q, D], candidates [C, D].

/// <summary>Every inner product, for statistics of them: summed in float64, so they are the same on every SIMD path.</summary>
internal static unsafe class AllScores
{
    /// <summary>Fills scores[q * stride + first + c] for every query q and candidate c.</summary>
    public static void Compute(Tensor queries, Tensor candidates, float[] scores, int stride, int first)
    {
        float* asked = queries.Pointer, searched = candidates.Pointer;
        int width = queries.Width, count = queries.Rows;
        Blocks.ForRows(candidates.Rows, width * count, (start, end) =>
        {
            for (int q = 0; q < count; q++)
            {
                float* query = asked + ((long)q * width);
                Span<float> row = scores.AsSpan((q * stride) + first);
                for (int c = start; c < end; c++) row[c] = (float)RowDots.Dot(query, searched + ((long)c * width), width);
            }
        });
        GC.KeepAlive(queries);
        GC.KeepAlive(candidates);
    }
}
