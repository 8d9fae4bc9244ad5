using System.Globalization;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>What lists are kept in, against plain lists and dictionaries.</summary>
public class TextStoreTests
{
    [Fact]
    public void Texts_of_any_length_come_back_as_they_were()
    {
        var store = new TextStore();
        var random = new RandomGenerator(1);
        // Lengths around a byte's 7 bits, two bytes' 14, and a block's megabyte.
        int[] lengths =
            [0, 1, 127, 128, 129, 16383, 16384, 16385, (1 << 20) - 6, (1 << 20) - 5, (1 << 20) - 4, 1 << 20, (1 << 20) + 1, 3 << 20];
        string[] texts =
            [.. Enumerable.Range(0, 300)
                .Select(i => new string((char)('a' + (i % 26)), i % 10 == 0 ? lengths[random.Next(lengths.Length)] : random.Next(300))),
                "ein Hündchen 🐕", "", "\uD800"];
        for (int i = 0; i < texts.Length; i++) Assert.Equal(i, store.Add(texts[i]));
        Assert.Equal(texts.Length, store.Count);
        for (int i = 0; i < texts.Length; i++) Assert.Equal(texts[i] == "\uD800" ? "\uFFFD" : texts[i], store[i]);
        Assert.Throws<ArgumentOutOfRangeException>(() => store[texts.Length]);
    }

    [Fact]
    public void Numbers_are_found_by_hashes_that_many_share()
    {
        var random = new RandomGenerator(2);
        var slots = new HashIndex();
        var naive = new Dictionary<int, List<int>>();
        for (int number = 0; number < 20_000; number++)
        {
            // A third of them share a hundred hashes, at both ends of the table and of the numbers.
            int hash = number % 3 == 0 ? int.MaxValue - 50 + random.Next(100) : unchecked((int)random.NextUInt64());
            slots.Add(hash, number);
            if (!naive.TryGetValue(hash, out var numbers)) naive[hash] = numbers = [];
            numbers.Add(number);
        }

        foreach ((int hash, var numbers) in naive) Assert.Equal(numbers, Found(slots, hash).Order());
        for (int i = 0; i < 1000; i++)
        {
            int hash = random.Next(int.MaxValue);
            if (!naive.ContainsKey(hash)) Assert.Empty(Found(slots, hash));
        }
    }

    [Fact]
    public void A_list_of_blocks_holds_what_was_added_and_can_be_changed()
    {
        var list = new ChunkedList<(int, long)>();
        for (int i = 0; i < 50_000; i++) list.Add((i, -i));
        list[12_345] = (7, 7);
        Assert.Equal(50_000, list.Count);
        for (int i = 0; i < 50_000; i++) Assert.Equal(i == 12_345 ? (7, 7) : (i, -i), list[i]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[50_000]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1]);
    }

    [Fact]
    public void Lines_can_be_read_from_where_one_begins()
    {
        using var folder = new CsAligner.Testing.TemporaryFolder();
        string path = folder["lines.txt"];
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => new string('é', i % 97) + i.ToString(CultureInfo.InvariantCulture))];
        File.WriteAllText(path, "\uFEFF" + string.Join("\r\n", lines));
        var offsets = new List<long>();
        using (var reader = new LineReader(path))
        {
            for (long at = 0; reader.TryRead(out _); at = reader.Offset) offsets.Add(at);
        }

        Assert.Equal(lines.Length, offsets.Count);
        foreach (int line in (int[])[0, 1, 777, 2500, 4999])
        {
            using var reader = new LineReader(path, offsets[line]);
            Assert.True(reader.TryRead(out string found));
            Assert.Equal(lines[line], found);
        }
    }

    private static List<int> Found(HashIndex slots, int hash)
    {
        var found = new List<int>();
        for (int steps = 0, number; (number = slots.Next(hash, ref steps)) >= 0;) found.Add(number);
        return found;
    }
}
