namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// A tile of scores x_i . y_j: <see cref="Rows"/> by <see cref="Columns"/> from row <see cref="Row"/> and column <see cref="Column"/> on.
/// Rows lie <see cref="Length"/> floats apart, whole groups; what stands behind the last column is finite.
/// </summary>
internal readonly unsafe struct ScoreTile(float* scores, int row, int rows, int column, int columns)
{
    public float* Scores => scores;

    public int Row => row;

    public int Rows => rows;

    public int Column => column;

    public int Columns => columns;

    public int Length => ScoreEpilogueKernel.Padded(columns);

    /// <summary>The tile's number among those of its columns.</summary>
    public int Task => row / ScoreEpilogueKernel.Group;

    public float* At(int i) => scores + ((nint)i * Length);

    /// <summary>Where row i holds the score of its own number; -1 where that lies outside the tile.</summary>
    public int DiagonalOf(int i) => row + i - column is int j && j >= 0 && j < columns ? j : -1;

    /// <summary>A stride that keeps rows on 64-byte boundaries and, by one line more, off each other's cache sets.</summary>
    public static int StrideFor(int columns) => ((columns + 15) / 16 * 16) + 16;
}
