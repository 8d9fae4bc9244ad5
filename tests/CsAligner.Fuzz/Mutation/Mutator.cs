using System.Text;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Makes new inputs of old ones: a few small changes, most of them such that the format's own framing stays whole.</summary>
internal sealed class Mutator(Random random, IReadOnlyDictionary<FuzzTarget, string[]> words)
{
    private const int LargestPart = 1 << 16;
    private const int MostChanges = 6;

    /// <summary>The words that a target's mutations insert: those it names, and the texts of its seeds.</summary>
    public static string[] WordsOf(FuzzTarget target, IEnumerable<byte[][]> seeds)
    {
        var found = new HashSet<string>(target.Words, StringComparer.Ordinal);
        foreach (byte[] part in seeds.SelectMany(parts => parts))
        {
            // Runs of letters are names of the format; those of long seeds are its data.
            var word = new StringBuilder();
            foreach (byte value in part.AsSpan(0, Math.Min(part.Length, 4096)))
            {
                if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'.' or (byte)'-') word.Append((char)value);
                else if (word.Length > 0) Take();
            }

            Take();

            void Take()
            {
                if (word.Length is >= 2 and <= 64 && found.Count < 400) found.Add(word.ToString());
                word.Clear();
            }
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>A changed input; <paramref name="other"/> lends pieces and is of the same target.</summary>
    public FuzzInput Mutate(FuzzInput input, FuzzInput other)
    {
        byte[][] parts = [.. input.Parts];
        string[] known = words[input.Target];
        for (int changes = 1 + (int)(MostChanges * Math.Pow(random.NextDouble(), 2)); changes > 0; changes--)
        {
            int part = random.Next(parts.Length);
            parts[part] = Change(input.Target.Files[part], parts[part], other.Parts[part], known);
            if (parts[part].Length > LargestPart) parts[part] = parts[part][..LargestPart];
        }

        return new FuzzInput(input.Target, parts);
    }

    private byte[] Change(string file, byte[] part, byte[] other, string[] known)
    {
        var bytes = new ByteMutations(random, known);
        if (random.Next(20) == 0) return bytes.Splice(part, other);
        bool framed = random.Next(4) != 0;
        return Path.GetExtension(file) switch
        {
            ".json" or ".jsonl" when framed => new JsonMutations(random, known).Mutate(part, other),
            ".safetensors" when framed => new SafeTensorsMutations(random, known).Mutate(part, other),
            ".npy" when framed => new NpyMutations(random, bytes).Mutate(part),
            ".onnx" when framed => new OnnxMutations(random, known).Mutate(part, other),
            ".tar" when framed => new TarMutations(random, known).Mutate(part),
            _ => bytes.Mutate(part),
        };
    }
}
