using CsAligner.Tensors;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// The one way in for features: a .npy file or a feature-set folder becomes a tensor [rows, width], checked and
/// normalised.
/// </summary>
public static class FeatureFile
{
    /// <summary>
    /// Reads all rows. They must be a matrix of at least one row and finite; rows are scaled to length 1 (norms in
    /// float64) unless <paramref name="raw"/>.
    /// </summary>
    /// <param name="path">A .npy file of any readable type, or a folder in the layout of <see cref="FeatureSet"/>.</param>
    /// <param name="modality">The rows to read from a folder; ignored for a file.</param>
    /// <param name="raw">Whether to keep rows as they are; rows of zeros are then allowed.</param>
    /// <returns>[rows, width], owned by the garbage collector.</returns>
    /// <exception cref="InputException">File and row (from 0) are named.</exception>
    public static Tensor ReadRows(string path, Modality modality, bool raw = false)
    {
        using FeatureRowsFile rows = FeatureRowsFile.Open(path, modality, raw);
        return ReadRows(rows);
    }

    /// <summary>Reads all rows of an open file or folder.</summary>
    /// <param name="rows">The rows.</param>
    /// <exception cref="InputException">They are too many for one tensor, or one cannot be used.</exception>
    public static Tensor ReadRows(FeatureRowsFile rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!FitsTensor(rows))
            throw new InputException($"cannot read '{rows.Path}': {rows.Rows} rows of {rows.Width} values are more than one tensor holds "
                + $"({Array.MaxLength} values); use fewer rows");
        var tensor = new Tensor(rows.Rows, rows.Width);
        rows.Read(0, tensor.Span);
        return tensor;
    }

    /// <summary>Reads some rows of an open file or folder: those that a rank holds.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="numbers">Their numbers, ascending.</param>
    /// <returns>[numbers, width].</returns>
    /// <exception cref="InputException">They are too many for one tensor, or one cannot be used.</exception>
    public static Tensor ReadRows(FeatureRowsFile rows, IReadOnlyList<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(numbers);
        if ((long)numbers.Count * rows.Width > Array.MaxLength)
            throw new InputException($"cannot read '{rows.Path}': {numbers.Count} rows of {rows.Width} values are more than one tensor "
                + $"holds ({Array.MaxLength} values); use more ranks");
        var tensor = new Tensor(numbers.Count, rows.Width);
        for (int first = 0, end; first < numbers.Count; first = end)
        {
            for (end = first + 1; end < numbers.Count && numbers[end] == numbers[end - 1] + 1; end++)
            {
                // A run of rows is read at once.
            }

            rows.Read(numbers[first], tensor.Span.Slice(first * rows.Width, (end - first) * rows.Width));
        }

        return tensor;
    }

    /// <summary>Whether one tensor can hold the rows.</summary>
    /// <param name="rows">The rows.</param>
    public static bool FitsTensor(FeatureRowsFile rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return (long)rows.Rows * rows.Width <= Array.MaxLength;
    }
}
