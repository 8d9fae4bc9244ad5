using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Tensor = CsAligner.Tensors.Tensor;

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
    /// <param name="modality">Which rows of a folder are meant; has no meaning for a file.</param>
    /// <param name="raw">Keep the rows as they are; then rows of zeros are allowed.</param>
    /// <returns>[rows, width], owned by the garbage collector.</returns>
    /// <exception cref="InputException">File and row (from 0) are named.</exception>
    public static Tensor ReadRows(string path, Modality modality, bool raw = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var shards = new List<NpyReader>();
        try
        {
            foreach (string shard in ShardPaths(path, modality))
                shards.Add(OpenMatrix(shard, shards.Count > 0 ? shards[0] : null));
            Tensor rows = Allocate(path, modality, shards);
            int width = (int)shards[0].RowLength;
            int first = 0;
            foreach (NpyReader shard in shards)
            {
                Span<float> part = rows.Span.Slice(first * width, (int)shard.Rows * width);
                shard.ReadRows(0, part);
                Prepare(shard.Path, part, width, raw);
                first += (int)shard.Rows;
            }

            return rows;
        }
        finally
        {
            foreach (NpyReader shard in shards)
                shard.Dispose();
        }
    }

    private static IReadOnlyList<string> ShardPaths(string path, Modality modality)
    {
        if (!Directory.Exists(path))
            return [path];
        IReadOnlyList<string> shards = FeatureSet.Open(path).Shards(modality);
        return shards.Count > 0
            ? shards
            : throw new InputException($"cannot read the feature set '{path}': it has no {FeatureSetLayout.Prefix(modality)}/{FeatureSetLayout.Prefix(modality)}_N.npy");
    }

    private static NpyReader OpenMatrix(string path, NpyReader? first)
    {
        NpyReader reader = NpyReader.Open(path);
        string shape = $"[{string.Join(", ", reader.Shape.ToArray())}]";
        string? problem = reader.Shape.Length != 2 ? $"a matrix [rows, width] was expected, its shape is {shape}; save one row per item"
            : reader.RowLength == 0 ? $"its rows have no values, its shape is {shape}"
            : first is not null && first.RowLength != reader.RowLength ? $"its rows have {reader.RowLength} values, those of '{first.Path}' have {first.RowLength}; all shards of a set must be as wide"
            : null;
        if (problem is null)
            return reader;
        reader.Dispose();
        throw new InputException($"cannot read '{path}': {problem}");
    }

    private static Tensor Allocate(string path, Modality modality, List<NpyReader> shards)
    {
        long rows = shards.Sum(shard => shard.Rows);
        long width = shards[0].RowLength;
        if (rows == 0)
            throw new InputException($"cannot read '{path}': it has no rows; at least one was expected");
        if (rows > Array.MaxLength / width)
            throw new InputException($"cannot read '{path}': {rows} rows of {width} values are more than one tensor holds ({Array.MaxLength} values); use fewer rows");
        if (Directory.Exists(path) && FeatureSet.Open(path).Info is { } info)
        {
            (long expected, int expectedWidth) = modality == Modality.Image ? (info.ImageCount, info.ImageWidth) : (info.TextCount, info.TextWidth);
            if ((rows, width) != (expected, expectedWidth))
                throw new InputException($"cannot read the feature set '{path}': features.json says {expected} rows of {expectedWidth}, its shards have {rows} of {width}; a shard is missing or another was added");
        }

        return new Tensor((int)rows, (int)width);
    }

    private static void Prepare(string path, Span<float> rows, int width, bool raw)
    {
        double[] wide = new double[width];
        for (int row = 0; row < rows.Length / width; row++)
        {
            Span<float> values = rows.Slice(row * width, width);
            // The largest magnitude passes NaN on, so one look finds both NaN and infinity.
            if (!float.IsFinite(TensorPrimitives.MaxMagnitude(values)))
            {
                int column = values.ToArray().AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
                throw new InputException($"cannot use '{path}': row {row}, column {column} is {values[column]}; every value must be a finite float32: remove the row or encode it again");
            }

            if (raw)
                continue;
            TensorPrimitives.ConvertTruncating<float, double>(values, wide);
            double norm = TensorPrimitives.Norm<double>(wide);
            if (norm == 0)
                throw new InputException($"cannot use '{path}': row {row} is all zeros and has no direction; remove the row or encode it again");
            TensorPrimitives.Divide(wide, norm, wide);
            TensorPrimitives.ConvertTruncating<double, float>(wide, values);
        }
    }
}
