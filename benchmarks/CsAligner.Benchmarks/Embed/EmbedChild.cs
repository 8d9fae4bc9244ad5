using System.Diagnostics;
using System.Globalization;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Embed;

/// <summary>
/// One of the peers in a process of its own: for each line "B N" it embeds a batch of B images N times and answers with the
/// seconds; for "B FILE" it writes the features of those images.
/// </summary>
internal static class EmbedChild
{
    private const string Ours = "ours";

    public static int Run(string[] arguments)
    {
        Compute.Threads = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        if (arguments[0] == Ours)
        {
            ClipModel model = ClipModel.Load(arguments[1]);
            model.Freeze();
            Serve($"CsAligner, SIMD path {Compute.Simd}", (pixels, features) =>
            {
                using var tape = Tape.Inference();
                model.Vision.Encode(tape, pixels).Span.CopyTo(features.Span);
            });
        }
        else
        {
            using var session = OnnxSession.Open(arguments[1], new OnnxOptions { Threads = Compute.Threads, Spinning = true });
            Serve($"ONNX Runtime {OnnxRuntimeLibrary.Version}", (pixels, features) => Run(session, pixels, features));
        }

        return 0;
    }

    /// <summary>Our process: the model's folder is read like any other.</summary>
    public static SelfPeer StartOurs(string folder, int threads) => Start(Ours, folder, threads);

    /// <summary>ONNX Runtime in a process of its own.</summary>
    public static SelfPeer StartOnnx(string model, int threads) => Start("onnx", model, threads);

    private static SelfPeer Start(string kind, string model, int threads) =>
        new(EmbedBenchmark.ChildVerb, kind, model, threads.ToString(CultureInfo.InvariantCulture));

    private static void Run(OnnxSession session, Tensor pixels, Tensor features)
    {
        using var inputs = new OnnxInputs();
        inputs.Add(session.Inputs[0], pixels.Span, [.. pixels.Shape.ToArray().Select(size => (long)size)]);
        session.Run(inputs, "features", (values, _) => values.CopyTo(features.Span));
    }

    private static void Serve(string name, Action<Tensor, Tensor> embed)
    {
        Console.WriteLine(name);
        Dictionary<int, (Tensor Pixels, Tensor Features)> inputs = [];
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split(' ', 2);
            int batch = int.Parse(words[0], CultureInfo.InvariantCulture);
            if (!inputs.TryGetValue(batch, out var input))
                inputs[batch] = input = (SeededClip.Pixels(batch), new Tensor(batch, SeededClip.Config.ProjectionWidth));
            bool timed = int.TryParse(words[1], CultureInfo.InvariantCulture, out int times);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < (timed ? times : 1); i++) embed(input.Pixels, input.Features);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!timed) Npy.Write(words[1], input.Features);
            Console.WriteLine(seconds.ToString("R", CultureInfo.InvariantCulture));
        }
    }
}
