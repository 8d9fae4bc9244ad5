using System.Numerics.Tensors;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors;

namespace CsAligner.Data.FeatureSets;

/// <summary>
/// The rows of a .npy file or a feature-set folder, read in ranges and checked and normalised as they come: for sets larger than
/// memory. <see cref="FeatureFile"/> reads them at once.
/// </summary>
public sealed class FeatureRowsFile : IRowSource, IDisposable
{
    private readonly List<NpyReader> _shards = [];
    private readonly bool _raw;

    private FeatureRowsFile(string path, Modality modality, bool raw)
    {
        _raw = raw;
        try
        {
            foreach (string shard in ShardPaths(path, modality))
                _shards.Add(OpenMatrix(shard, _shards.Count > 0 ? _shards[0] : null));
            long rows = _shards.Sum(shard => shard.Rows);
            if (rows == 0)
                throw new InputException($"cannot read '{path}': it has no rows; expected at least one");
            if (rows > int.MaxValue || _shards[0].RowLength > Array.MaxLength)
                throw new InputException(
                    $"cannot read '{path}': {rows} rows of {_shards[0].RowLength} values are more than can be counted; use fewer rows");
            (Path, Rows, Width) = (path, (int)rows, (int)_shards[0].RowLength);
            CheckInfo(path, modality);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>Opens a file or folder and checks all but the values.</summary>
    /// <param name="path">A .npy file of any readable type, or a folder in the layout of <see cref="FeatureSet"/>.</param>
    /// <param name="modality">The rows to read from a folder; ignored for a file.</param>
    /// <param name="raw">Whether to keep rows as they are; rows of zeros are then allowed.</param>
    /// <exception cref="InputException">The file is named.</exception>
    public static FeatureRowsFile Open(string path, Modality modality, bool raw = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FeatureRowsFile(path, modality, raw);
    }

    /// <summary>Reads rows; they must be finite, and are scaled to length 1 (norms in float64) unless they are kept raw.</summary>
    /// <param name="first">0 or more.</param>
    /// <param name="rows">Whole rows, none beyond the last.</param>
    /// <exception cref="InputException">File and row (from 0, within the file) are named.</exception>
    public void Read(int first, Span<float> rows)
    {
        long start = first;
        foreach (NpyReader shard in _shards)
        {
            if (rows.IsEmpty)
                return;
            if (start >= shard.Rows)
            {
                start -= shard.Rows;
                continue;
            }

            Span<float> part = rows[..(int)Math.Min(rows.Length, (shard.Rows - start) * Width)];
            shard.ReadRows(start, part);
            Prepare(shard.Path, start, part);
            start = 0;
            rows = rows[part.Length..];
        }

        if (!rows.IsEmpty)
            throw new ArgumentOutOfRangeException(nameof(rows), "There are not that many rows.");
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (NpyReader shard in _shards)
            shard.Dispose();
    }

    private static IReadOnlyList<string> ShardPaths(string path, Modality modality)
    {
        if (!Directory.Exists(path))
            return [path];
        IReadOnlyList<string> shards = FeatureSet.Open(path).Shards(modality);
        return shards.Count > 0
            ? shards
            : throw new InputException(
                $"cannot read the feature set '{path}': it has no {FeatureSetLayout.Prefix(modality)}/"
                    + $"{FeatureSetLayout.Prefix(modality)}_N.npy");
    }

    private static NpyReader OpenMatrix(string path, NpyReader? first)
    {
        NpyReader reader = NpyReader.Open(path);
        string shape = $"[{string.Join(", ", reader.Shape.ToArray())}]";
        string? problem = reader.Shape.Length != 2 ? $"expected a matrix [rows, width], its shape is {shape}; save one row per item"
            : reader.RowLength == 0 ? $"its rows have no values, its shape is {shape}"
            : first is not null && first.RowLength != reader.RowLength
                ? $"its rows have {reader.RowLength} values, those of '{first.Path}' have {first.RowLength}; all shards of a set "
                    + "must have the same width"
            : null;
        if (problem is null)
            return reader;
        reader.Dispose();
        throw new InputException($"cannot read '{path}': {problem}");
    }

    private void CheckInfo(string path, Modality modality)
    {
        if (!Directory.Exists(path) || FeatureSet.Open(path).Info is not { } info)
            return;
        (long expected, int expectedWidth) = modality == Modality.Image
            ? (info.ImageCount, info.ImageWidth)
            : (info.TextCount, info.TextWidth);
        if ((Rows, Width) != (expected, expectedWidth))
            throw new InputException($"cannot read the feature set '{path}': features.json says {expected} rows of {expectedWidth}, its "
                + $"shards have {Rows} of {Width}; a shard is missing or another was added");
    }

    private void Prepare(string path, long first, Span<float> rows)
    {
        int width = Width;
        double[] wide = new double[width];
        for (int row = 0; row < rows.Length / width; row++)
        {
            Span<float> values = rows.Slice(row * width, width);
            // The largest magnitude passes NaN on, so one look finds both NaN and infinity.
            if (!float.IsFinite(TensorPrimitives.MaxMagnitude(values)))
            {
                int column = values.ToArray().AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
                throw new InputException($"cannot use '{path}': row {first + row}, column {column} is {values[column]}; every value must "
                    + "be a finite float32: remove the row or encode it again");
            }

            if (_raw)
                continue;
            TensorPrimitives.ConvertTruncating<float, double>(values, wide);
            double norm = TensorPrimitives.Norm<double>(wide);
            if (norm == 0)
                throw new InputException(
                    $"cannot use '{path}': row {first + row} is all zeros and has no direction; remove the row or encode it again");
            TensorPrimitives.Divide(wide, norm, wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide, values);
        }
    }
}
