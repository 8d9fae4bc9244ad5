using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// An open .npy file, checked in full (header, shape, length) before the first value is read. Values are read by
/// row range, so that a float16 file larger than memory can be walked; both byte orders and both memory orders are
/// understood. Rows are counted over the first dimension; a file of rank 0 or 1 has rows of one value.
/// </summary>
public sealed class NpyReader : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly NpyHeader _header;

    private NpyReader(string path, SafeFileHandle handle, NpyHeader header)
    {
        (Path, _handle, _header) = (path, handle, header);
        Rows = header.Shape.Length == 0 ? 1 : header.Shape[0];
        long width = 1;
        for (int i = 1; i < header.Shape.Length; i++)
            width *= header.Shape[i];
        RowLength = width;
    }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="InputException">There is no such file, or it is not a .npy file of a type that is read.</exception>
    public static NpyReader Open(string path)
    {
        SafeFileHandle handle = FileReading.Open(path);
        try
        {
            return new NpyReader(path, handle, NpyHeader.Read(handle, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>The type of the values in the file.</summary>
    public ElementType ElementType => _header.Type;

    /// <summary>Sizes, slowest dimension first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _header.Shape;

    /// <summary>The size of the first dimension; 1 for a scalar.</summary>
    public long Rows { get; }

    /// <summary>Values in a row: the product of all dimensions but the first.</summary>
    public long RowLength { get; }

    /// <summary>Reads rows from <paramref name="firstRow"/> on, to fill the destination, as float32.</summary>
    /// <param name="firstRow">0 up to <see cref="Rows"/>.</param>
    /// <param name="destination">Whole rows, row-major; its length is a multiple of <see cref="RowLength"/>.</param>
    public void ReadRows(long firstRow, Span<float> destination) => Read(firstRow, ElementConversion.ToSingle, destination);

    /// <summary>Reads rows as float64: exact for every type but int64 beyond 2^53.</summary>
    public void ReadRows(long firstRow, Span<double> destination) => Read(firstRow, ElementConversion.ToDouble, destination);

    /// <summary>Reads rows of an integer or bool file.</summary>
    /// <exception cref="InputException">The file holds floats.</exception>
    public void ReadRows(long firstRow, Span<long> destination)
    {
        if (!ElementConversion.IsInteger(ElementType))
            throw new InputException($"cannot read '{Path}': expected integers, it holds {ElementType}; save it with dtype int64");
        Read(firstRow, ElementConversion.ToInt64, destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    internal int[] TensorShape() => FileReading.TensorShape(_header.Shape, $"'{Path}'");

    private void Read<T>(long firstRow, FileReading.Converter<T> convert, Span<T> destination)
    {
        long rows = RowLength == 0 ? 0 : Math.DivRem(destination.Length, RowLength, out long rest) is long whole && rest == 0
            ? whole
            : throw new ArgumentException($"the destination of {destination.Length} values is not a multiple of the row length {RowLength}",
                nameof(destination));
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow + rows, Rows, nameof(firstRow));
        if (destination.IsEmpty)
            return;
        if (_header.FortranOrder && _header.Shape.Length > 1)
        {
            ReadColumns(firstRow, (int)rows, convert, destination);
            return;
        }

        long offset = _header.DataOffset + (firstRow * RowLength * ElementConversion.SizeOf(ElementType));
        FileReading.ReadValues(_handle, Path, offset, ElementType, _header.BigEndian, convert, destination);
    }

    /// <summary>
    /// Fortran order: the first index runs fastest, so the file holds one column of <see cref="Rows"/> values for
    /// each combination of the others, and among those the second index runs fastest.
    /// </summary>
    private void ReadColumns<T>(long firstRow, int rows, FileReading.Converter<T> convert, Span<T> destination)
    {
        int width = (int)RowLength;
        int size = ElementConversion.SizeOf(ElementType);
        ReadOnlySpan<long> rest = _header.Shape.AsSpan(1);
        long[] index = new long[rest.Length];
        T[] column = new T[rows];
        for (int filed = 0; filed < width; filed++)
        {
            long offset = _header.DataOffset + (((filed * Rows) + firstRow) * size);
            FileReading.ReadValues(_handle, Path, offset, ElementType, _header.BigEndian, convert, column.AsSpan());
            long target = 0;
            for (int i = 0; i < rest.Length; i++)
                target = (target * rest[i]) + index[i];
            for (int row = 0; row < rows; row++)
                destination[(row * width) + (int)target] = column[row];
            for (int i = 0; i < rest.Length && ++index[i] == rest[i]; i++)
                index[i] = 0;
        }
    }
}
