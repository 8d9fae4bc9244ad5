using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Disk;

/// <summary>Reads a JSON file as others write it (<see cref="LenientJson"/>) token by token in bounded memory, whatever its size.</summary>
internal sealed class JsonFile : IDisposable
{
    // The longest text or number that is read.
    private const int MaxToken = 16 << 20;

    // Longer ones are compared as written.
    private const int LongestNumber = 100;

    private readonly Stream _file;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _ended;
    private (int Start, int Length) _token;
    private JsonReaderState _state =
        new(new JsonReaderOptions { MaxDepth = 64, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });

    public JsonFile(string path)
    {
        Path = path;
        try
        {
            _file = LenientJson.ToPlain(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"cannot read '{path}': there is no such file; check the path", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    public string Path { get; }

    public JsonTokenType Type { get; private set; }

    public int Depth { get; private set; }

    /// <summary>The text of a name or string; null if it is not UTF-8, or not a string.</summary>
    public string? Text { get; private set; }

    /// <summary>The value of a whole number in any notation; null if it is not one, or exceeds 64 bits.</summary>
    public long? Number { get; private set; }

    /// <summary>A number that is not a <see cref="Number"/>, as a canonical string; null if it is not a number.</summary>
    public string? OtherNumber =>
        Type == JsonTokenType.Number && Number is null ? Canonical(Encoding.ASCII.GetString(_buffer, _token.Start, _token.Length)) : null;

    /// <summary>Reads the next token; false at the end.</summary>
    public bool Read()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _ended, _state);
            bool read;
            try
            {
                read = reader.Read();
            }
            catch (JsonException failure)
            {
                throw Bad($"it is not valid JSON ({failure.Message})");
            }

            _token = (_start + (int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
            _start += (int)reader.BytesConsumed;
            _state = reader.CurrentState;
            if (read)
            {
                Keep(ref reader);
                return true;
            }

            if (_ended) return false;
            Fill();
        }
    }

    /// <summary>Reads the next token, which must be there.</summary>
    public JsonTokenType Next() => Read() ? Type : throw Bad("it ends too early");

    /// <summary>Passes over the value that begins at this token, or that this name has.</summary>
    public void Skip()
    {
        if (Type == JsonTokenType.PropertyName) Next();
        if (Type is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return;
        int depth = Depth;
        do Next();
        while (Depth > depth);
    }

    /// <summary>Calls for each property of the object that begins at this token; the callee reads its value, or leaves it.</summary>
    public void ReadObject(Action<string> property)
    {
        int depth = Depth;
        while (Next() == JsonTokenType.PropertyName)
        {
            property(Text ?? "");
            if (Type is JsonTokenType.PropertyName && Depth == depth + 1) Skip();
        }
    }

    /// <summary>Calls for each value of the array that begins at this token, with the reader at the value's first token; the callee reads
    /// it whole, or leaves it.</summary>
    public void ReadArray(Action value)
    {
        int depth = Depth;
        while (Next() != JsonTokenType.EndArray)
        {
            var type = Type;
            value();
            if (type is JsonTokenType.StartObject or JsonTokenType.StartArray && Type == type && Depth == depth + 1) Skip();
        }
    }

    public InputException Bad(string what) => new($"cannot read '{Path}': {what}");

    public void Dispose() => _file.Dispose();

    private void Keep(ref Utf8JsonReader reader)
    {
        (Type, Depth, Text, Number) = (reader.TokenType, reader.CurrentDepth, null, null);
        if (Type == JsonTokenType.Number)
        {
            if (LenientJson.TryGetWhole(ref reader, out long number)) Number = number;
            return;
        }

        if (Type is not (JsonTokenType.String or JsonTokenType.PropertyName)) return;
        try
        {
            Text = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Not UTF-8, or half a surrogate pair.
        }
    }

    private static string Canonical(string number) =>
        number.Length > LongestNumber ? number
        : BigInteger.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole)
            ? whole.ToString(CultureInfo.InvariantCulture)
        : decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact)
            ? exact.ToString("0.############################", CultureInfo.InvariantCulture)
        : double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxToken) throw Bad($"a single value has more than {MaxToken} bytes");
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        try
        {
            int count = _file.Read(_buffer, _end, _buffer.Length - _end);
            _end += count;
            _ended = count == 0;
        }
        catch (IOException failure)
        {
            throw new InputException($"cannot read '{Path}': {failure.Message}", failure);
        }
    }
}
