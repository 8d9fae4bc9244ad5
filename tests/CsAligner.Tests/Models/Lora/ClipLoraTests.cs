using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;

namespace CsAligner.Tests.Models.Lora;

/// <summary>Low-rank additions to a tower: nothing at the start, merged as kept, with gradients, in PEFT's files.</summary>
public sealed class ClipLoraTests : IDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "clip-tiny");

    private readonly TemporaryFolder _folder = new();
    private readonly ClipModel _model = ClipModel.Load(Folder);
    private readonly Tensor _pixels;
    private readonly int[] _ids;

    public ClipLoraTests()
    {
        var golden = new GoldenFile("clip-tiny/golden.safetensors");
        _pixels = Tensor.From(golden.Floats("pixel_values"), golden.Shape("pixel_values"));
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "golden.safetensors"));
        _ids = [.. file.ReadInt64("input_ids").Select(id => (int)id)];
    }

    public static TheoryData<ClipTower, string> Places => new()
    {
        { ClipTower.Text, "q_proj+k_proj+v_proj+out_proj+fc1+fc2" }, { ClipTower.Text, "q_proj+v_proj" }, { ClipTower.Text, "k_proj" },
        { ClipTower.Image, "q_proj+k_proj+v_proj+out_proj+fc1+fc2" }, { ClipTower.Image, "fc2" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public void At_the_start_the_model_gives_what_it_gave(ClipTower tower, string modules)
    {
        float[] before = Features(tower);
        Attach(tower, modules);
        Same(before, Features(tower), 1e-6f);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Merged_is_as_kept_and_detached_as_never_there(ClipTower tower, string modules)
    {
        float[] before = Features(tower);
        var lora = Attach(tower, modules);
        Disturb(lora);
        float[] kept = Features(tower);
        Assert.True(kept.Zip(before).Max(p => Math.Abs(p.First - p.Second)) > 1e-2f);
        lora.Detach();
        Same(before, Features(tower), 1e-6f);
        lora = ClipLora.Attach(_model, lora.Options!, new RandomGenerator(3));
        Disturb(lora);
        lora.Merge();
        Same(kept, Features(tower), 2e-4f);
    }

    // All rows of the last block, and the pooled ones alone.
    [Theory]
    [MemberData(nameof(Places))]
    public void Gradients_are_central_differences(ClipTower tower, string modules)
    {
        var lora = Attach(tower, modules);
        Disturb(lora);
        lora.RequireGrad(true);
        foreach (bool tokens in (bool[])[false, true])
        {
            foreach (var (_, values) in lora.Tensors) values.ZeroGrad();
            Loss(new Tape(), tower, tokens, backward: true);
            foreach (var (name, values) in lora.Tensors)
            {
                int i = values.Length / 3;
                float kept = values.Span[i];
                const float Step = 2e-2f;
                values.Span[i] = kept + Step;
                float above = Loss(Tape.Inference(), tower, tokens, backward: false);
                values.Span[i] = kept - Step;
                float below = Loss(Tape.Inference(), tower, tokens, backward: false);
                values.Span[i] = kept;
                double expected = (above - below) / (2 * Step);
                Assert.True(Math.Abs(expected - values.Grad[i]) < 4e-3 + (0.02 * Math.Abs(expected)),
                    $"{name}[{i}]: {expected} and {values.Grad[i]}");
            }
        }
    }

    [Fact]
    public void The_paper_s_sizes_are_met()
    {
        // Karlo's text encoder, ViT-L/14's: 12 blocks of width 768. Table: 1.3 M.
        const int width = 768, blocks = 12, rank = 8;
        long perBlock = (4L * 2 * rank * width) + (2L * rank * (width + (4 * width)));
        Assert.Equal(1.3, Math.Round(blocks * perBlock / 1e6, 1));
        var config = _model.Config.Text;
        var lora = Attach(ClipTower.Text, string.Join('+', LoraOptions.KnownModules));
        Assert.Equal(config.Layers * ((4L * 2 * 3 * config.Width) + (2L * 3 * (config.Width + config.MlpWidth))), lora.ParameterCount);
    }

    [Fact]
    public void Files_are_PEFTs_and_bring_back_the_same_bits()
    {
        var lora = Attach(ClipTower.Text, "q_proj+fc1");
        Disturb(lora);
        float[] features = Features(ClipTower.Text);
        lora.Save(_folder.Path, "models/clip");
        using (var file = SafeTensorsFile.Open(_folder[ClipLora.WeightsFile]))
        {
            Assert.Contains("base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight", file.Names);
            Assert.Contains("base_model.model.text_model.encoder.layers.1.mlp.fc1.lora_B.weight", file.Names);
        }

        var fresh = ClipModel.Load(Folder);
        var loaded = ClipLora.Load(fresh, _folder.Path);
        Assert.Equal(lora.Options!.ToString(), loaded.Options!.ToString());
        using var tape = Tape.Inference();
        Assert.Equal(features, fresh.Text.Encode(tape, _ids, 6).Span.ToArray());
    }

    [Theory]
    [InlineData("sound", "the tower is text or image")]
    [InlineData("text:r=0", "r must be 1 to 1024")]
    [InlineData("text:alpha=-1", "alpha must be above 0")]
    [InlineData("text:rank=3", "is not one of")]
    [InlineData("image:modules=q_proj+w_proj", "no module 'w_proj'")]
    [InlineData("image:modules=q_proj+q_proj", "each only once")]
    public void Wrong_settings_are_named(string text, string what) =>
        Assert.Contains(what, Assert.Throws<InputException>(() => LoraOptions.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Files_of_another_model_are_refused()
    {
        var lora = Attach(ClipTower.Text, "q_proj");
        lora.Save(_folder.Path, "x");
        string config = File.ReadAllText(_folder[ClipLora.ConfigFile]);
        void Refused(string what, string written)
        {
            File.WriteAllText(_folder[ClipLora.ConfigFile], written);
            Assert.Contains(what, Assert.Throws<InputException>(() => ClipLora.Load(ClipModel.Load(Folder), _folder.Path)).Message,
                StringComparison.Ordinal);
        }

        Refused("is missing or not", config.Replace("\"r\": 3", "\"r\": 4", StringComparison.Ordinal));
        Refused("is missing or not", config.Replace("q_proj", "v_proj", StringComparison.Ordinal));
        Refused("peft_type", config.Replace("LORA", "IA3", StringComparison.Ordinal));
        Refused("target_modules names no module of this model", config.Replace("text_model", "model", StringComparison.Ordinal));
        Refused("not a PEFT configuration", "{");
        Refused("adapter_config.json: r is 0; expected 1 to 1024", config.Replace("\"r\": 3", "\"r\": 0", StringComparison.Ordinal));
        File.Delete(_folder[ClipLora.ConfigFile]);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => ClipLora.Load(ClipModel.Load(Folder), _folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private ClipLora Attach(ClipTower tower, string modules) =>
        ClipLora.Attach(_model, new LoraOptions { Tower = tower, Rank = 3, Alpha = 6, Modules = modules.Split('+') },
            new RandomGenerator(3));

    private static void Disturb(ClipLora lora)
    {
        var random = new RandomGenerator(8);
        foreach (var (_, values) in lora.Tensors)
            foreach (ref float value in values.Span) value += 0.1f * (float)random.NextNormal();
    }

    private float[] Features(ClipTower tower)
    {
        using var tape = Tape.Inference();
        return (tower == ClipTower.Text ? _model.Text.Encode(tape, _ids, 6) : _model.Vision.Encode(tape, _pixels)).Span.ToArray();
    }

    private float Loss(Tape tape, ClipTower tower, bool tokens, bool backward)
    {
        using (tape)
        {
            var y = tokens
                ? (tower == ClipTower.Text ? _model.Text.EncodeTokens(tape, _ids, 6) : _model.Vision.EncodeTokens(tape, _pixels)).Tokens
                : tape.Normalize(tower == ClipTower.Text ? _model.Text.Encode(tape, _ids, 6) : _model.Vision.Encode(tape, _pixels));
            var loss = tape.Sum(tape.Mul(y, Tensor.Normal(new RandomGenerator(4), 1, y.Shape)));
            float value = loss.Item;
            if (backward) tape.Backward(loss);
            return value;
        }
    }

    private static void Same(float[] expected, float[] actual, float tolerance)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
