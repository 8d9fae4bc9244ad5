using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

// Shapes: queries [Q, D], candidates [C, D].

/// <summary>
/// Inner products of all queries with all candidates, tile by tile: what ranking and searching go through. Memory of a
/// tile only. Each query's candidates come in ascending order, whatever the number of threads.
/// </summary>
internal static unsafe class ScoreRows
{
    /// <summary>
    /// Queries in a tile. Candidates are packed once for each, so many; the tile's scores are read again right after the
    /// product, so not more than the second-level caches hold.
    /// </summary>
    public const int QueriesPerTile = 1024;

    private const int CandidatesPerTile = 1024;
    private const int QueriesPerTask = 8;

    /// <summary>Sees the scores of one query with the candidates from <paramref name="firstCandidate"/> on;
    /// eight floats may be read beyond the last.</summary>
    public delegate void Visitor(int query, float* scores, int columns, int firstCandidate);

    /// <summary>Calls <paramref name="visit"/> for every query and run of candidates;
    /// calls for different queries run at the same time.</summary>
    public static void ForEach(float* queries, int count, float* candidates, int total, int width, Visitor visit)
    {
        using var scratch = new Scratch();
        int tileHeight = Math.Min(QueriesPerTile, count), tileBreadth = Math.Min(CandidatesPerTile, total);
        float* tile = scratch.Floats((long)tileHeight * ScoreTile.StrideFor(tileBreadth));
        for (int top = 0; top < count; top += QueriesPerTile)
        {
            for (int left = 0; left < total; left += CandidatesPerTile)
            {
                int height = Math.Min(QueriesPerTile, count - top), breadth = Math.Min(CandidatesPerTile, total - left);
                int stride = ScoreTile.StrideFor(breadth), firstQuery = top, firstCandidate = left;
                Gemm.Run(height, breadth, width,
                    new(queries + ((long)top * width), width), new(candidates + ((long)left * width), 1, width), new(tile, stride),
                    accumulate: false);
                Blocks.For(height, QueriesPerTask, (start, end) =>
                {
                    for (int i = start; i < end; i++) visit(firstQuery + i, tile + ((long)i * stride), breadth, firstCandidate);
                });
            }
        }
    }

    /// <summary>How far a float32 inner product of two rows may lie from the exact one,
    /// as a multiple of the product of their lengths.</summary>
    public static double Rounding(int width) => (width + 8) * 6e-8;
}
