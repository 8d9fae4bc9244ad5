using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Samples;

/// <summary>
/// The samples of a data set in a random order, each once in an epoch: parts in random order, and their samples through a buffer of
/// bounded size out of which one is drawn at a time. The order depends on the data set, the seed, the epoch and the buffer's size
/// alone. A list, whose parts are single samples, is shuffled in full; tar shards as WebDataset does it. Not thread-safe; the
/// entries it gives are.
/// </summary>
public sealed class ShuffledSamples : IDisposable
{
    /// <summary>Samples in the buffer unless another number is given.</summary>
    public const int DefaultBufferSize = 10_000;

    private readonly SampleSource _source;
    private readonly ulong _seed;
    private readonly int _bufferSize;
    private readonly List<(int Part, int Sample, SampleEntry Entry)> _buffer = [];
    private int _epoch;
    private RandomGenerator _random;
    private int[] _parts;
    private int _nextPart;
    private int _nextSample;
    private IEnumerator<SampleEntry>? _reading;

    /// <summary>The first epoch from its start.</summary>
    /// <param name="source">The data set; it is disposed by its owner, after this.</param>
    /// <param name="seed">The seed of all epochs.</param>
    /// <param name="bufferSize">Samples that the buffer holds, at least 1.</param>
    /// <param name="epoch">Which epoch, from 0.</param>
    public ShuffledSamples(SampleSource source, ulong seed, int bufferSize = DefaultBufferSize, int epoch = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        (_source, _seed, _bufferSize, _epoch) = (source, seed, bufferSize, epoch);
        (_random, _parts) = Begin(source, seed, epoch);
    }

    /// <summary>The epoch that <see cref="Next"/> gives samples of, from 0.</summary>
    public int Epoch => _epoch;

    /// <summary>Where the order stands: what <see cref="Resume"/> continues from.</summary>
    public SamplePosition Position =>
        new(_source.Fingerprint, _seed, _epoch, _bufferSize, _random.SaveState(), _nextPart, _nextSample,
            [.. _buffer.Select(b => (b.Part, b.Sample))]);

    /// <summary>
    /// Continues at a saved position: the samples that follow are the same. Parts that samples of the buffer come from are read
    /// again, of a tar shard its headers.
    /// </summary>
    /// <param name="source">The same data set.</param>
    /// <param name="position">Where.</param>
    /// <exception cref="InputException">The data set is another one by now.</exception>
    public static ShuffledSamples Resume(SampleSource source, SamplePosition position)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(position);
        if (source.Fingerprint != position.Fingerprint || position.NextPart > source.Parts
            || position.Buffer.Any(b => b.Part >= source.Parts))
            throw Changed(source);
        var samples =
            new ShuffledSamples(source, position.Seed, position.BufferSize,
                position.Epoch)
            { _random = RandomGenerator.FromState(position.Random), _nextPart = position.NextPart };
        samples.Refill(position.Buffer);
        for (int i = 0; i < position.NextSample; i++)
        {
            if (!samples.TryRead(out _)) throw Changed(source);
        }

        return samples;
    }

    /// <summary>The next sample; null at the epoch's end.</summary>
    public SampleEntry? Next()
    {
        while (_buffer.Count < _bufferSize && TryRead(out var read)) _buffer.Add(read);
        if (_buffer.Count == 0) return null;
        int drawn = _random.Next(_buffer.Count);
        var entry = _buffer[drawn].Entry;
        if (TryRead(out var next))
        {
            _buffer[drawn] = next;
        }
        else
        {
            _buffer[drawn] = _buffer[^1];
            _buffer.RemoveAt(_buffer.Count - 1);
        }

        return entry;
    }

    /// <summary>Starts the next epoch.</summary>
    public void NextEpoch()
    {
        _reading?.Dispose();
        _reading = null;
        _buffer.Clear();
        (_nextPart, _nextSample) = (0, 0);
        (_random, _parts) = Begin(_source, _seed, ++_epoch);
    }

    /// <summary>Lets go of the part that is being read.</summary>
    public void Dispose() => _reading?.Dispose();

    private static (RandomGenerator Random, int[] Parts) Begin(SampleSource source, ulong seed, int epoch)
    {
        var random = new RandomGenerator(seed).Split((ulong)epoch);
        int[] parts = [.. Enumerable.Range(0, source.Parts)];
        random.Split(0).Shuffle<int>(parts);
        return (random, parts);
    }

    private bool TryRead(out (int Part, int Sample, SampleEntry Entry) read)
    {
        for (; _nextPart < _parts.Length; _nextPart++, _nextSample = 0)
        {
            _reading ??= _source.ReadPart(_parts[_nextPart]).GetEnumerator();
            if (_reading.MoveNext())
            {
                read = (_parts[_nextPart], _nextSample++, _reading.Current);
                return true;
            }

            _reading.Dispose();
            _reading = null;
        }

        read = default;
        return false;
    }

    private void Refill(IReadOnlyList<(int Part, int Sample)> waiting)
    {
        var found = new SampleEntry?[waiting.Count];
        foreach (var part in Enumerable.Range(0, waiting.Count).GroupBy(i => waiting[i].Part))
        {
            var wanted = part.ToDictionary(i => waiting[i].Sample);
            int last = wanted.Keys.Max(), sample = 0;
            foreach (var entry in _source.ReadPart(part.Key).Take(last + 1))
            {
                if (wanted.TryGetValue(sample++, out int place)) found[place] = entry;
            }
        }

        for (int i = 0; i < waiting.Count; i++) _buffer.Add((waiting[i].Part, waiting[i].Sample, found[i] ?? throw Changed(_source)));
    }

    private static InputException Changed(SampleSource source) =>
        new($"cannot continue in '{source.Name}': the position was saved in another data set; start the epoch again, or put its "
            + "files back");
}
