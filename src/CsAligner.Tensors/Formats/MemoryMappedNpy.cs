using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// A .npy file mapped into memory: for rows picked here and there out of a file that may be larger than memory. Checked in full on
/// opening; row-major files only, which is what nearly every writer makes.
/// <see cref="NpyReader"/> reads the others. Reading is safe from several threads.
/// </summary>
public sealed unsafe class MemoryMappedNpy : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly NpyHeader _header;
    private byte* _data;

    private MemoryMappedNpy(string path, SafeFileHandle handle)
    {
        _header = NpyHeader.Read(handle, path);
        if (_header.FortranOrder && _header.Shape.Length > 1)
            throw new InputException($"cannot map '{path}': expected values in C order; save it again with numpy.ascontiguousarray");
        (Path, Rows, RowLength) = (path, _header.Shape.Length == 0 ? 1 : _header.Shape[0], 1);
        foreach (long size in _header.Shape.AsSpan(Math.Min(1, _header.Shape.Length)))
            RowLength *= size;
        try
        {
            _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None,
                leaveOpen: false);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _file?.Dispose();
            throw new InputException($"cannot map '{path}': {failure.Message}", failure);
        }

        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _data = start + _view.PointerOffset + _header.DataOffset;
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

    /// <summary>Opens, checks and maps a file.</summary>
    /// <exception cref="InputException">There is no such file, or it is not a .npy file that can be mapped.</exception>
    public static MemoryMappedNpy Open(string path)
    {
        SafeFileHandle handle = FileReading.Open(path);
        try
        {
            return new MemoryMappedNpy(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads rows from <paramref name="firstRow"/> on, to fill the destination, as float32.</summary>
    /// <param name="firstRow">0 up to <see cref="Rows"/>.</param>
    /// <param name="destination">Whole rows, row-major; its length is a multiple of <see cref="RowLength"/>.</param>
    public void ReadRows(long firstRow, Span<float> destination)
    {
        ObjectDisposedException.ThrowIf(_data == null, this);
        if (RowLength == 0 || destination.Length % RowLength != 0)
            throw new ArgumentException($"the destination of {destination.Length} values is not a multiple of the row length {RowLength}",
                nameof(destination));
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstRow + (destination.Length / RowLength), Rows, nameof(firstRow));
        int size = ElementConversion.SizeOf(ElementType);
        var bytes = new ReadOnlySpan<byte>(_data + (firstRow * RowLength * size), checked(destination.Length * size));
        if (!_header.BigEndian || size == 1)
        {
            ElementConversion.ToSingle(bytes, ElementType, destination);
            return;
        }

        byte[] swapped = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(swapped);
        ElementConversion.SwapBytes(swapped.AsSpan(0, bytes.Length), ElementType);
        ElementConversion.ToSingle(swapped.AsSpan(0, bytes.Length), ElementType, destination);
        ArrayPool<byte>.Shared.Return(swapped);
    }

    /// <summary>Unmaps and closes the file.</summary>
    public void Dispose()
    {
        if (_data == null)
            return;
        _data = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
