using System.Text;

namespace CsAligner.Tensors.Formats;

/// <summary><see cref="LenientJson"/> of a stream, in bounded memory.</summary>
internal sealed class LenientJsonStream : ForwardOnlyStream
{
    private const int PieceBytes = 1 << 16;

    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly byte[] _plain = new byte[LenientJsonFilter.MostBytes(PieceBytes)];
    private readonly LenientJsonFilter _filter = new();
    private Stream _source;
    private int _start;
    private int _end;
    private bool _begun;
    private bool _ended;

    public LenientJsonStream(Stream source) => _source = source;

    public override int Read(Span<byte> buffer)
    {
        while (_start == _end && !_ended)
            Fill();
        int count = Math.Min(buffer.Length, _end - _start);
        _plain.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        (int from, int count) = _begun ? (0, _source.Read(_piece)) : Begin();
        _begun = true;
        if (count > 0)
        {
            (_start, _end) = (0, _filter.Write(_piece.AsSpan(from, count), _plain));
            return;
        }

        _ended = true;
        (_start, _end) = (0, _filter.Finish(_plain));
    }

    // The first bytes say what the others are.
    private (int From, int Count) Begin()
    {
        int count = _source.ReadAtLeast(_piece.AsSpan(0, 4), 4, throwOnEndOfStream: false);
        (Encoding? encoding, int mark) = LenientJson.EncodingOf(_piece.AsSpan(0, count));
        if (encoding is not null)
        {
            var rest = new MemoryStream(_piece.AsSpan(mark, count - mark).ToArray());
            _source = Encoding.CreateTranscodingStream(new Concatenated(rest, _source), encoding, Encoding.UTF8);
            return (0, _source.Read(_piece));
        }

        // A mark alone may be followed by more text.
        return count > mark ? (mark, count - mark) : (0, _source.Read(_piece));
    }

    /// <summary>The bytes already read, then the rest.</summary>
    private sealed class Concatenated(Stream first, Stream second) : ForwardOnlyStream
    {
        public override int Read(Span<byte> buffer) => first.Read(buffer) is > 0 and var read ? read : second.Read(buffer);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                second.Dispose();
            base.Dispose(disposing);
        }
    }
}
