namespace CsAligner.Reports.Content;

/// <summary>
/// One quantity over two settings: <see cref="Values"/> row by row as <see cref="RowLabels"/> names them, NaN where a cell was not run.
/// </summary>
/// <param name="Quantity">The quantity in the cells, as in the title: <c>D_CS, off-diagonal</c>.</param>
/// <param name="Rows">The setting that goes down: <c>bandwidth</c>.</param>
/// <param name="Columns">The setting that goes across: <c>lambda</c>.</param>
/// <param name="RowLabels">One to a row.</param>
/// <param name="ColumnLabels">One to a column.</param>
/// <param name="Values">As many rows as labels, each as long as the column labels.</param>
/// <param name="LowerIsBetter">Which end is good; the best cell is framed.</param>
/// <param name="Decimals">Digits behind the point in the cells.</param>
internal sealed record HeatMap(
    string Quantity,
    string Rows,
    string Columns,
    IReadOnlyList<string> RowLabels,
    IReadOnlyList<string> ColumnLabels,
    IReadOnlyList<IReadOnlyList<double>> Values,
    bool LowerIsBetter,
    int Decimals = 3)
{
    /// <summary>Row and column of the best finite value, the first of equals; null if there is none.</summary>
    public (int Row, int Column)? Best
    {
        get
        {
            (int, int)? best = null;
            double least = double.PositiveInfinity;
            for (int row = 0; row < Values.Count; row++)
            {
                for (int column = 0; column < Values[row].Count; column++)
                {
                    double value = LowerIsBetter ? Values[row][column] : -Values[row][column];
                    if (!double.IsFinite(value) || value >= least)
                        continue;
                    (best, least) = ((row, column), value);
                }
            }

            return best;
        }
    }

    /// <summary>Refuses labels and values that do not fit each other.</summary>
    public void Check()
    {
        if (RowLabels.Count == 0 || ColumnLabels.Count == 0 || Values.Count != RowLabels.Count
            || Values.Any(row => row.Count != ColumnLabels.Count))
            throw new InvalidOperationException($"A heat map of {RowLabels.Count} by {ColumnLabels.Count} labels needs as many values, got "
                + $"rows of {string.Join(", ", Values.Select(row => row.Count))}.");
    }
}
