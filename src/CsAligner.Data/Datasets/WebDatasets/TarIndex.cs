using System.Text;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using Microsoft.Win32.SafeHandles;

namespace CsAligner.Data.Datasets.WebDatasets;

/// <summary>
/// Walks over the headers of a tar archive (old, ustar, GNU, PAX) and passes over the data. Nothing in it is trusted: headers are
/// checked, names and their extensions are bounded, and no member is ever written to disk.
/// </summary>
internal sealed class TarIndex
{
    private const int Block = 512;

    // Headers of members that follow each other closely are read at once.
    private const int Window = 8192;

    // Names longer than any file system has are not names.
    private const int MaxExtension = 1 << 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly byte[] _window = new byte[Window];
    private readonly byte[] _header = new byte[Block];
    private long _windowStart;
    private int _windowLength;

    // Fields of an extended header for the next member.
    private string? _name;
    private long? _size;
    private string? _problem;
    private bool _ended;

    private TarIndex(string path, SafeFileHandle file) => (_path, _file, _length) = (path, file, RandomAccess.GetLength(file));

    /// <summary>The archive's files in order. Damage ends the list with a member without a name that describes it.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InputException">It cannot be read, or is not a tar archive.</exception>
    public static IEnumerable<TarMember> Read(string path)
    {
        using SafeFileHandle file = Open(path);
        var index = new TarIndex(path, file);
        index.CheckStart();
        for (long at = 0; index.TryRead(ref at, out TarMember member);) yield return member;
    }

    /// <summary>Opens an archive for reading at any place.</summary>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return RegularFile.Open(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{path}': there is no such file; check the path or the range", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private void CheckStart()
    {
        ReadOnlySpan<byte> start = Bytes(0, (int)Math.Min(_length, Block));
        string? kind = start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "gzip"
            : start.StartsWith("BZh"u8) ? "bzip2"
            : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? "zstd"
            : start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z']) ? "xz"
            : null;
        if (kind is not null)
            throw new InputException($"cannot read '{_path}': it is compressed ({kind}), and samples are read at their offsets; "
                + "decompress it first, since pictures do not get smaller");
        if (start.StartsWith("PK"u8))
            throw new InputException($"cannot read '{_path}': it is a zip archive; expected a tar archive: pack it again");
        if (start.Length == Block && start.ContainsAnyExcept((byte)0) && !IsSound(start))
            throw new InputException($"cannot read '{_path}': it is not a tar archive; download it again");
    }

    private bool TryRead(ref long at, out TarMember member)
    {
        while (true)
        {
            member = default;
            if (_ended) return false;
            if (at == _length) return Damage(ref at, $"ends at byte {_length} without the zeros that close an archive", out member);
            if (_length - at < Block) return Damage(ref at, $"is cut off at byte {_length}, inside a header", out member);
            Bytes(at, Block).CopyTo(_header);
            if (!_header.AsSpan().ContainsAnyExcept((byte)0)) return false;
            if (!IsSound(_header) || Number(_header.AsSpan(124, 12)) is not { } size || size < 0)
                return Damage(ref at, $"is damaged at byte {at}: there is no file header", out member);
            long data = at + Block;
            char type = (char)_header[156];
            if (type is not ('x' or 'g' or 'L' or 'K')) size = _size ?? size;
            // Links, devices and folders have no data, whatever their headers say.
            long stored = type is '1' or '2' or '3' or '4' or '5' or '6' ? 0 : size;
            if (stored > _length - data)
                return Damage(ref at, $"is cut off at byte {_length}, within '{Show(_name ?? NameOf(out _))}'", out member);
            at = Math.Min(_length, data + ((stored + Block - 1) / Block * Block));
            if (type is 'x' or 'L') Extend(type, data, size);
            if (type is 'x' or 'g' or 'L' or 'K') continue;

            string name = NameOf(out string? problem);
            problem = _problem ?? problem;
            (_name, _size, _problem) = (null, null, null);
            if (type == '5' || (type == '\0' && name.EndsWith('/'))) continue;
            member = new TarMember(name, data, stored, problem ?? ProblemOf(type, name));
            return true;
        }
    }

    private static string? ProblemOf(char type, string name)
    {
        if (type is not ('0' or '\0' or '7'))
        {
            string kind = type switch
            {
                '1' => "hard link",
                '2' => "symbolic link",
                '3' or '4' => "device",
                '6' => "pipe",
                'S' => "sparse file",
                _ => $"member of type '{(char.IsControl(type) ? '?' : type)}'",
            };
            return $"'{Show(name)}' is a {kind}; only plain files are read";
        }

        if (name.StartsWith('/') || name.StartsWith('\\') || name.Split('/').Contains(".."))
            return $"'{Show(name)}' is not a path inside the archive";
        return name.Contains('\0', StringComparison.Ordinal) ? $"'{Show(name)}' is not a name" : null;
    }

    private bool Damage(ref long at, string what, out TarMember member)
    {
        at = _length;
        _ended = true;
        member = new TarMember("", 0, 0, $"{what}; the rest is lost: download it again");
        return true;
    }

    private string NameOf(out string? problem)
    {
        problem = null;
        if (_name is not null) return _name;
        ReadOnlySpan<byte> name = UpToZero(_header.AsSpan(0, 100));
        // GNU's own magic has something else where ustar has the beginning of the path.
        ReadOnlySpan<byte> prefix = _header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? UpToZero(_header.AsSpan(345, 155)) : [];
        string text = Decode(name, ref problem);
        return prefix.IsEmpty ? text : $"{Decode(prefix, ref problem)}/{text}";
    }

    private static string Decode(ReadOnlySpan<byte> bytes, ref string? problem)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            string text = Encoding.UTF8.GetString(bytes);
            problem = $"the name '{Show(text)}' is not UTF-8";
            return text;
        }
    }

    private void Extend(char type, long data, long size)
    {
        if (size > MaxExtension)
        {
            _problem = $"has an extended header of {size} bytes; the limit is {MaxExtension}";
            return;
        }

        byte[] bytes = new byte[size];
        Read(data, bytes);
        if (type == 'L') _name = Decode(UpToZero(bytes), ref _problem);
        else ParsePax(bytes);
    }

    // Records of "length key=value\n", the length counting itself.
    private void ParsePax(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int space = bytes.IndexOf((byte)' ');
            if (space is < 1 or > 6 || !int.TryParse(bytes[..space], out int length) || length <= space + 2 || length > bytes.Length
                || bytes[length - 1] != '\n')
            {
                _problem = "has a damaged extended header";
                return;
            }

            ReadOnlySpan<byte> record = bytes[(space + 1)..(length - 1)];
            bytes = bytes[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals < 0) continue;
            ReadOnlySpan<byte> key = record[..equals], value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8)) _name = Decode(value, ref _problem);
            else if (key.SequenceEqual("size"u8)) SetSize(value);
            else if (key.StartsWith("GNU.sparse"u8)) _problem = "is a sparse file; only plain files are read";
        }
    }

    private void SetSize(ReadOnlySpan<byte> value)
    {
        if (long.TryParse(value, System.Globalization.NumberStyles.None, null, out long size)) _size = size;
        else _problem = "has a damaged extended header";
    }

    private static bool IsSound(ReadOnlySpan<byte> header)
    {
        if (Number(header.Slice(148, 8)) is not { } stated) return false;
        long plain = 0, signed = 0;
        for (int i = 0; i < Block; i++)
        {
            byte value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            plain += value;
            signed += (sbyte)value;
        }

        // Some old writers summed signed bytes.
        return stated == plain || stated == signed;
    }

    // Octal digits, or a big-endian number if the first bit is set.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long value = field[0] & 0x7F;
            foreach (byte b in field[1..])
            {
                if (value > long.MaxValue >> 8) return null;
                value = (value << 8) | b;
            }

            return value;
        }

        ReadOnlySpan<byte> digits = UpToZero(field).Trim((byte)' ');
        long number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') return null;
            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    private static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> field) =>
        field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    private ReadOnlySpan<byte> Bytes(long at, int count)
    {
        if (at < _windowStart || at + count > _windowStart + _windowLength)
        {
            (_windowStart, _windowLength) = (at, (int)Math.Min(Window, _length - at));
            Read(at, _window.AsSpan(0, _windowLength));
        }

        return _window.AsSpan((int)(at - _windowStart), count);
    }

    private void Read(long at, Span<byte> target)
    {
        try
        {
            while (!target.IsEmpty)
            {
                int count = RandomAccess.Read(_file, target, at);
                if (count == 0) throw new InputException($"cannot read '{_path}': it became shorter while it was read");
                at += count;
                target = target[count..];
            }
        }
        catch (IOException failure)
        {
            throw new InputException($"cannot read '{_path}': {failure.Message}", failure);
        }
    }

    private static string Show(string name) => new([.. name.Take(100).Select(c => char.IsControl(c) ? '?' : c)]);
}
