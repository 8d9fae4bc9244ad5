using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Datasets.Features;

/// <summary>A matrix in a file, read row by row from several threads: .npy, or a tensor of .safetensors.</summary>
internal sealed class FeatureMatrix : IDisposable
{
    private readonly IDisposable _file;
    private readonly Action<long, float[]> _read;

    private FeatureMatrix(string path, IDisposable file, long rows, long width, Action<long, float[]> read)
    {
        if (width is < 1 or > 1 << 24) throw new InputException($"cannot read '{path}': rows of {width} values are not features");
        (Path, _file, Rows, Width, _read) = (path, file, rows, (int)width, read);
    }

    public string Path { get; }

    public long Rows { get; }

    public int Width { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">.npy or .safetensors.</param>
    /// <param name="tensor">The tensor's name; may be null if the file has only one matrix.</param>
    public static FeatureMatrix Open(string path, string? tensor = null) =>
        System.IO.Path.GetExtension(path).Equals(".safetensors", StringComparison.OrdinalIgnoreCase)
            ? OpenSafeTensors(path, tensor)
            : OpenNpy(path);

    /// <summary>Reads a row as it is stored.</summary>
    /// <exception cref="InputException">A value is not finite.</exception>
    public float[] Read(long row)
    {
        float[] values = new float[Width];
        _read(row, values);
        int bad = values.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return bad < 0
            ? values
            : throw new InputException($"cannot use '{Path}': row {row}, column {bad} is {values[bad]}; every value must be finite: remove "
                + "the row or encode it again");
    }

    public void Dispose() => _file.Dispose();

    private static FeatureMatrix OpenNpy(string path)
    {
        var file = NpyReader.Open(path);
        if (file.Shape.Length == 2)
            return new FeatureMatrix(path, file, file.Rows, file.RowLength, (row, values) => file.ReadRows(row, values.AsSpan()));
        file.Dispose();
        throw new InputException(
            $"cannot read '{path}': expected a matrix [rows, width], got {file.Shape.Length} dimensions; save one row per item");
    }

    private static FeatureMatrix OpenSafeTensors(string path, string? tensor)
    {
        var file = SafeTensorsFile.Open(path);
        string[] matrices = [.. file.Names.Where(name => file.Info(name).Shape.Count == 2)];
        string? chosen = tensor is null ? matrices.Length == 1 ? matrices[0] : null : matrices.FirstOrDefault(name => name == tensor);
        if (chosen is not null)
        {
            var shape = file.Info(chosen).Shape;
            long width = shape[1];
            return new FeatureMatrix(path, file, shape[0], width, (row, values) => file.ReadValues(chosen, row * width, values));
        }

        file.Dispose();
        string names = string.Join(", ", matrices.Take(8));
        throw new InputException(tensor is null
            ? $"cannot read '{path}': it has {matrices.Length} matrices ({names}); name one: features:{path}:NAME"
            : $"cannot read '{path}': it has no matrix '{tensor}', but {names}");
    }
}
