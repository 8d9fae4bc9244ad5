namespace CsAligner.Tensors.Kernels;

/// <summary>A block of scores x_i . y_j, rows <see cref="Stride"/> floats apart; what lies behind the last column is rubbish that kernels mask.</summary>
internal readonly unsafe struct ScoreTile(float* scores, int rows, int columns, int stride)
{
    public float* Scores => scores;

    public int Rows => rows;

    public int Columns => columns;

    public int Stride => stride;

    /// <summary>The part above and to the left.</summary>
    public ScoreTile Corner(int rows, int columns) => new(Scores, Math.Min(Rows, rows), Math.Min(Columns, columns), Stride);

    /// <summary>A stride that keeps rows on 64-byte boundaries and, by one line more, off each other's cache sets.</summary>
    public static int StrideFor(int columns) => ((columns + 15) / 16 * 16) + 16;
}
