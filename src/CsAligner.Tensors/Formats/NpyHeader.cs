using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// The header of a .npy file: magic, version, and a Python dict literal with exactly the keys descr, fortran_order
/// and shape. Versions 1.0 and 2.0 are latin1, 3.0 is UTF-8.
/// </summary>
internal sealed record NpyHeader(ElementType Type, bool BigEndian, bool FortranOrder, long[] Shape, long Count, long DataOffset)
{
    private const int MaxLength = 10_000;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    public static NpyHeader Read(SafeFileHandle handle, string path)
    {
        long fileLength = RandomAccess.GetLength(handle);
        Span<byte> start = stackalloc byte[12];
        start = start[..(int)Math.Min(start.Length, fileLength)];
        FileReading.ReadExactly(handle, path, 0, start);
        if (!start[..Math.Min(Magic.Length, start.Length)].SequenceEqual(Magic[..Math.Min(Magic.Length, start.Length)]))
            throw Bad(path, "it does not begin with the magic bytes of .npy");
        if (start.Length < 10)
            throw Bad(path, $"it ends after {fileLength} bytes, inside its header");

        (int major, int minor) = (start[6], start[7]);
        if (major is < 1 or > 3 || minor != 0)
            throw Bad(path, $"its version is {major}.{minor}; supported are 1.0, 2.0 and 3.0");
        int prefix = major == 1 ? 10 : 12;
        if (start.Length < prefix)
            throw Bad(path, $"it ends after {fileLength} bytes, inside its header");
        long length = major == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaxLength)
            throw Bad(path, $"its header states {length} bytes; the limit is {MaxLength}");
        if (prefix + length > fileLength)
            throw Bad(path, $"it ends after {fileLength} bytes, inside its header");

        byte[] text = new byte[length];
        FileReading.ReadExactly(handle, path, prefix, text);
        NpyHeader header = Parse(path, Decode(path, text, major), prefix + length);
        long dataLength = fileLength - header.DataOffset;
        long expected = header.Count * ElementConversion.SizeOf(header.Type);
        if (dataLength != expected)
        {
            string what = dataLength < expected ? "is cut off" : "has bytes after its data";
            throw Bad(path,
                $"the file {what}: shape {FileReading.Describe(header.Shape)} needs {expected} bytes of data, but {dataLength} are there");
        }

        return header;
    }

    public static byte[] Write(ElementType type, ReadOnlySpan<long> shape)
    {
        string descr = type switch
        {
            ElementType.Float16 => "<f2",
            ElementType.Float32 => "<f4",
            ElementType.Float64 => "<f8",
            ElementType.Int64 => "<i8",
            ElementType.Int32 => "<i4",
            _ => throw new ArgumentOutOfRangeException(nameof(type), type,
                ".npy files are written as float16, float32, float64, int64 or int32"),
        };
        string sizes = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape.ToArray());
        string dict = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}";
        // As NumPy does it: spaces up to a multiple of 64, closed by a line feed.
        int total = (10 + dict.Length + 1 + 63) / 64 * 64;
        byte[] header = new byte[total];
        Magic.CopyTo(header);
        header[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(total - 10));
        Encoding.Latin1.GetBytes(dict.PadRight(total - 11) + "\n", header.AsSpan(10));
        return header;
    }

    private static string Decode(string path, byte[] text, int major)
    {
        if (major < 3)
            return Encoding.Latin1.GetString(text);
        return System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw Bad(path, "its header is not valid UTF-8");
    }

    private static NpyHeader Parse(string path, string text, long dataOffset)
    {
        var cursor = new Cursor(path, text);
        string? descr = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        cursor.Expect('{');
        while (!cursor.TryTake('}'))
        {
            string key = cursor.TakeString();
            cursor.Expect(':');
            bool repeated = key switch
            {
                "descr" => descr is not null,
                "fortran_order" => fortranOrder is not null,
                "shape" => shape is not null,
                _ => throw Bad(path, "its header has a key other than descr, fortran_order and shape"),
            };
            if (repeated)
                throw Bad(path, $"its header has the key {key} twice");
            if (key == "descr")
                descr = cursor.NextIs('[')
                    ? throw Bad(path, "it holds records (a structured dtype); save one plain array")
                    : cursor.TakeString();
            else if (key == "fortran_order")
                fortranOrder = cursor.TakeBool();
            else
                shape = cursor.TakeShape();
            if (!cursor.TryTake(','))
            {
                cursor.Expect('}');
                break;
            }
        }

        cursor.ExpectEnd();
        if (descr is null || fortranOrder is null || shape is null)
            throw Bad(path, "its header lacks one of descr, fortran_order and shape");
        (ElementType type, bool bigEndian) = ParseType(path, descr);
        if (!FileReading.TryCount(shape, ElementConversion.SizeOf(type) * 8, out long count, out _))
            throw Bad(path, $"its shape {FileReading.Describe(shape)} is larger than any file");
        return new NpyHeader(type, bigEndian, fortranOrder.Value, shape, count, dataOffset);
    }

    private static (ElementType Type, bool BigEndian) ParseType(string path, string descr)
    {
        if (descr.Contains('O', StringComparison.Ordinal))
            throw Bad(path, "it holds Python objects, which are not supported; save a plain array of numbers");
        ElementType type = descr is ['<' or '>' or '|', .. string kind]
            ? kind switch
            {
                "f2" => ElementType.Float16,
                "f4" => ElementType.Float32,
                "f8" => ElementType.Float64,
                "i8" => ElementType.Int64,
                "i4" => ElementType.Int32,
                "i2" => ElementType.Int16,
                "i1" => ElementType.Int8,
                "u8" => ElementType.UInt64,
                "u4" => ElementType.UInt32,
                "u2" => ElementType.UInt16,
                "u1" => ElementType.UInt8,
                "b1" => ElementType.Bool,
                _ => ElementType.Other,
            }
            : ElementType.Other;
        if (type == ElementType.Other || (descr[0] == '|' && ElementConversion.SizeOf(type) > 1))
            throw Bad(path, $"its type '{descr}' is not supported; save it as float16, float32, float64, bool, or integers of 8 to 64 "
                + "bits");
        return (type, descr[0] == '>');
    }

    private static InputException Bad(string path, string what) => new($"cannot read '{path}': {what} (a .npy file was expected)");

    /// <summary>Walks over the dict literal; understands no more of Python than NumPy writes.</summary>
    private sealed class Cursor(string path, string text)
    {
        private int _at;

        public bool NextIs(char expected)
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\r' or '\t')
                _at++;
            return _at < text.Length && text[_at] == expected;
        }

        public bool TryTake(char expected)
        {
            bool found = NextIs(expected);
            _at += found ? 1 : 0;
            return found;
        }

        public void Expect(char expected)
        {
            if (!TryTake(expected))
                throw Malformed($"expected '{expected}'");
        }

        public void ExpectEnd()
        {
            if (NextIs('\0') || _at < text.Length)
                throw Malformed("expected the end");
        }

        public string TakeString()
        {
            char quote = TryTake('\'') ? '\'' : TryTake('"') ? '"' : throw Malformed("expected a string");
            int end = text.IndexOf(quote, _at);
            if (end < 0)
                throw Malformed("a string does not end");
            string value = text[_at..end];
            // No key or type of ours needs an escape; refusing them saves us Python's rules.
            if (value.Contains('\\', StringComparison.Ordinal))
                throw Malformed("a string holds an escape");
            _at = end + 1;
            return value;
        }

        public bool TakeBool()
        {
            NextIs('T');
            ReadOnlySpan<char> rest = text.AsSpan(_at);
            bool value = rest.StartsWith("True", StringComparison.Ordinal);
            if (!value && !rest.StartsWith("False", StringComparison.Ordinal))
                throw Malformed("expected True or False");
            _at += value ? 4 : 5;
            return value;
        }

        public long[] TakeShape()
        {
            Expect('(');
            var sizes = new List<long>();
            while (!TryTake(')'))
            {
                sizes.Add(TakeSize());
                bool comma = TryTake(',');
                if (!comma && sizes.Count == 1)
                    throw Malformed("a tuple of one number needs a comma");
                if (!comma)
                {
                    Expect(')');
                    break;
                }
            }

            return sizes.Count <= 32 ? [.. sizes] : throw Malformed("more than 32 dimensions");
        }

        private long TakeSize()
        {
            if (TryTake('-'))
                throw Malformed("a size is negative");
            NextIs('0');
            int start = _at;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
            if (_at == start)
                throw Malformed("expected a number");
            if (!long.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out long size))
                throw Malformed("a size is larger than any file");
            // Python 2 wrote long integers as 10L.
            _at += _at < text.Length && text[_at] == 'L' ? 1 : 0;
            return size;
        }

        private InputException Malformed(string what) => Bad(path, $"its header is malformed at character {_at}: {what}");
    }
}
