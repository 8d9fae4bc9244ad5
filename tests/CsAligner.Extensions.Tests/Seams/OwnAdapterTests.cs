using CsAligner.Adapters;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Extensions.Tests.Seams;

/// <summary>A kind of adapter of an application's own, with an operation of its own in it, by what is public alone.</summary>
public sealed class OwnAdapterTests
{
    private static readonly AdapterKinds Kinds = AdapterKinds.BuiltIn.With(SineAdapter.Definition);

    [Fact]
    public void It_trains_and_comes_back_from_its_file()
    {
        using var folder = new TemporaryFolder();
        var random = new RandomGenerator(1);
        Tensor images = Tensor.Normal(random, 1, 60, 8), texts = Tensor.Normal(random, 1, 60, 8);
        var options =
            new AlignmentOptions
            {
                Adapter = new AdapterOptions { Kind = "sine", Kinds = Kinds, Size = 3 },
                Epochs = 3,
                LearningRate = 1e-2
            };
        var result = new AlignmentTrainer(options,
            new AlignmentData(images, texts)).Run(cancellation: TestContext.Current.CancellationToken);
        var values = result.Text.Tensors.ToDictionary(t => t.Name, t => t.Values);
        Assert.Contains(values["amplitude"].Span.ToArray(), value => value != 0);
        Assert.Equal(3, values["size"].Item);

        result.Text.Save(folder["a.safetensors"]);
        var loaded = Adapter.Load(folder["a.safetensors"], Kinds);
        Assert.IsType<SineAdapter>(loaded);
        Assert.Equal(result.Text.Apply(texts).Span.ToArray(), loaded.Apply(texts).Span.ToArray());

        string message = Assert.Throws<InputException>(() => Adapter.Load(folder["a.safetensors"])).Message;
        Assert.Contains("adapter kind 'sine' is unknown; known are low-rank,", message, StringComparison.Ordinal);
        Assert.Contains("expected one of", Assert.Throws<InputException>(() => new AdapterOptions { Kind = "sine" }.Validate()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Its_gradients_are_central_differences()
    {
        var adapter = Kinds.Create(new AdapterOptions { Kind = "sine", Kinds = Kinds }, new Tensor(6), 6, new RandomGenerator(1));
        var x = Tensor.Normal(new RandomGenerator(2), 1, 4, 6);
        Tensor[] inputs = [x, .. adapter.Tensors.Where(t => t.Name == "amplitude").Select(t => t.Values)];
        GradientCheck.Run(tape => adapter.Encode(tape, x), inputs).ThrowIfFailed();
    }

    [Fact]
    public void A_file_with_shapes_that_do_not_fit_is_refused()
    {
        using var folder = new TemporaryFolder();
        void Write(Tensor amplitude)
        {
            var writer = new SafeTensorsWriter();
            writer.SetMetadata("format", "csaligner-adapter");
            writer.SetMetadata("format_version", "1");
            writer.SetMetadata("kind", "sine");
            writer.Add("shift", new Tensor(4));
            writer.Add("size", new Tensor(1));
            writer.Add("amplitude", amplitude);
            writer.Write(folder["b.safetensors"]);
        }

        Write(new Tensor(5));
        Assert.Contains("do not match", Assert.Throws<InputException>(() => Adapter.Load(folder["b.safetensors"], Kinds)).Message,
            StringComparison.Ordinal);
        Write(new Tensor(2, 2));
        Assert.Contains("\"amplitude\" has rank 2, expected 1",
            Assert.Throws<InputException>(() => Adapter.Load(folder["b.safetensors"], Kinds)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_that_cannot_be_right_is_refused()
    {
        Assert.Contains("'sine' exists already", Assert.Throws<ArgumentException>(() => Kinds.With(SineAdapter.Definition)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Kinds.With(SineAdapter.Definition with { Name = " " }));
        Assert.Contains("keeps the width", Assert.Throws<InputException>(() => Create(Kinds, "sine", 4, 5)).Message,
            StringComparison.Ordinal);

        var renamed = Kinds.With(SineAdapter.Definition with { Name = "cosine" });
        Assert.Contains("of Kind 'sine'", Assert.Throws<InvalidOperationException>(() => Create(renamed, "cosine", 4, 4)).Message,
            StringComparison.Ordinal);
        var wider = Kinds.With(SineAdapter.Definition with { Name = "wider", ChangesWidth = true });
        Assert.Contains("4 to 4", Assert.Throws<InvalidOperationException>(() => Create(wider, "wider", 4, 5)).Message,
            StringComparison.Ordinal);
    }

    private static Adapter Create(AdapterKinds kinds, string kind, int width, int outputWidth) =>
        kinds.Create(new AdapterOptions { Kind = kind, Kinds = kinds }, new Tensor(width), outputWidth, new RandomGenerator(1));

    /// <summary>z + amplitude sin(z), z = x + shift. x [N, D], shift and amplitude [D], size [1], which is kept only.</summary>
    private sealed class SineAdapter(Tensor shift, Tensor size, Tensor amplitude) : Adapter
    {
        public static AdapterKind Definition { get; } = new()
        {
            Name = "sine",
            TakesSize = true,
            Create = start => new SineAdapter(start.Shift, Tensor.From([start.Size ?? 1], 1), new Tensor(start.Width)),
            Load = tensors => new SineAdapter(tensors.Read("shift", 1), tensors.Read("size", 1), tensors.Read("amplitude", 1)),
        };

        public override string Kind => "sine";

        public override int Width => shift.Length;

        public override IReadOnlyList<(string Name, Tensor Values)> Tensors => [("shift", shift), ("size", size), ("amplitude", amplitude)];

        public override Tensor Forward(Tape tape, Tensor x, int[]? offsets = null)
        {
            var z = tape.Add(x, shift);
            return tape.Add(z, tape.Mul(Sine(tape, z), amplitude));
        }

        public override void RequireGrad(bool trainable) => amplitude.RequiresGrad = trainable;

        protected override bool Fits() => amplitude.Length == Width && size.Length == 1;

        private static Tensor Sine(Tape tape, Tensor x) => tape.Apply(
            x.Shape,
            [x],
            y =>
            {
                for (int i = 0; i < y.Length; i++) y.Span[i] = MathF.Sin(x.Span[i]);
            },
            back =>
            {
                // Where the amplitude is trained alone, and x is data, nothing is asked for here.
                var dx = back.Of(0);
                for (int i = 0; i < dx.Length; i++) dx[i] += back.Upstream[i] * MathF.Cos(x.Span[i]);
            });
    }
}
