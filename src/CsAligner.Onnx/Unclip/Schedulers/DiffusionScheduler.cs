using CsAligner.Onnx.Unclip.Settings;
using CsAligner.Tensors;

namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>
/// Times of a diffusion and the step from one to the next, as diffusers' scheduler_config.json describes them. Coefficients are
/// computed in float64, samples are float32.
/// </summary>
internal abstract class DiffusionScheduler
{
    private const int MostTrainSteps = 100_000;

    private readonly double[] _kept;
    private readonly PredictionKind _prediction;
    private readonly double _clip, _ratio, _mostValue;
    private readonly bool _thresholds;

    private protected DiffusionScheduler(JsonFields config, bool clipsByDefault)
    {
        TrainSteps = config.Whole("num_train_timesteps", 1000, 1, MostTrainSteps);
        _kept = Cumulative(Betas(config, TrainSteps));
        _prediction = (config.Text("prediction_type") ?? "epsilon") switch
        {
            "epsilon" => PredictionKind.Epsilon,
            "sample" => PredictionKind.Sample,
            "v_prediction" => PredictionKind.Velocity,
            _ => throw config.Wrong("prediction_type", "epsilon, sample or v_prediction"),
        };
        _thresholds = config.Flag("thresholding", false);
        _ratio = config.Number("dynamic_thresholding_ratio", 0.995, 0, 1);
        _mostValue = config.Number("sample_max_value", 1, 1, 1e6);
        _clip = config.Flag("clip_sample", clipsByDefault) ? config.Number("clip_sample_range", 1, 1e-6, 1e6) : double.PositiveInfinity;
        if (config.Flag("rescale_betas_zero_snr", false)) throw config.Wrong("rescale_betas_zero_snr", "false");
    }

    /// <summary>Whether the steps need the variance that the network predicts beside its prediction.</summary>
    public virtual bool LearnsVariance => false;

    /// <summary>Whether steps draw noise.</summary>
    public abstract bool DrawsNoise { get; }

    /// <summary>The least number of steps.</summary>
    public virtual int LeastSteps => 1;

    /// <summary>Times of the diffusion that the network was trained on.</summary>
    public int TrainSteps { get; }

    private protected abstract double FinalKept { get; }

    /// <summary>Reads a scheduler's file.</summary>
    /// <exception cref="InputException">It cannot be read, or asks for what is not supported.</exception>
    public static DiffusionScheduler Read(string path)
    {
        var config = JsonFields.Read(path);
        return config.Text("_class_name") switch
        {
            "DDPMScheduler" => new DdpmScheduler(config),
            "UnCLIPScheduler" => new UnClipScheduler(config),
            "DDIMScheduler" => new DdimScheduler(config),
            _ => throw config.Wrong("_class_name", "DDPMScheduler, UnCLIPScheduler or DDIMScheduler"),
        };
    }

    /// <summary>The times of a run, the noisiest first.</summary>
    /// <param name="steps">Their number, from <see cref="LeastSteps"/> to <see cref="TrainSteps"/>.</param>
    public abstract int[] Times(int steps);

    /// <summary>The time that a step leads to; below 0 at the end.</summary>
    public abstract int Next(int[] times, int index);

    /// <summary>The part of a sample's variance that is not noise, at a time; below 0 the last.</summary>
    public double Kept(int time) => time < 0 ? FinalKept : _kept[time];

    /// <summary>Makes a step.</summary>
    /// <param name="sample">Moved to the time after.</param>
    /// <param name="prediction">What the network predicts; as long.</param>
    /// <param name="variance">What it predicts of the variance; empty if it does not.</param>
    /// <param name="time">The sample's time.</param>
    /// <param name="next">The time after (<see cref="Next"/>).</param>
    /// <param name="noise">Standard normal numbers; read only where <see cref="DrawsNoise"/>.</param>
    public abstract void Step(
        Span<float> sample, ReadOnlySpan<float> prediction, ReadOnlySpan<float> variance, int time, int next, ReadOnlySpan<float> noise);

    private protected double FirstKept => _kept[0];

    private protected static int[] Spaced(string spacing, int trainSteps, int steps, int offset)
    {
        var times = new int[steps];
        for (int i = 0; i < steps; i++)
        {
            times[i] = spacing switch
            {
                "leading" => ((steps - 1 - i) * (trainSteps / steps)) + offset,
                "trailing" => (int)Math.Round(trainSteps - (i * ((double)trainSteps / steps))) - 1,
                _ => (int)Math.Round(steps == 1 ? 0 : (steps - 1 - i) * ((trainSteps - 1.0) / (steps - 1))),
            };
            times[i] = Math.Clamp(times[i], 0, trainSteps - 1);
        }

        return times;
    }

    private protected static string SpacingOf(JsonFields config)
    {
        string spacing = config.Text("timestep_spacing") ?? "leading";
        return spacing is "leading" or "trailing" or "linspace"
            ? spacing
            : throw config.Wrong("timestep_spacing", "leading, trailing or linspace");
    }

    // The clean sample, clipped as the file says.
    private protected float[] Clean(ReadOnlySpan<float> sample, ReadOnlySpan<float> prediction, int time)
    {
        double kept = Kept(time);
        float root = (float)Math.Sqrt(kept), noise = (float)Math.Sqrt(1 - kept);
        var clean = new float[sample.Length];
        for (int i = 0; i < clean.Length; i++)
        {
            clean[i] = _prediction switch
            {
                PredictionKind.Epsilon => (sample[i] - (noise * prediction[i])) / root,
                PredictionKind.Sample => prediction[i],
                _ => (root * sample[i]) - (noise * prediction[i]),
            };
        }

        if (_thresholds) Threshold(clean);
        else if (_clip < double.PositiveInfinity)
            for (int i = 0; i < clean.Length; i++) clean[i] = Math.Clamp(clean[i], (float)-_clip, (float)_clip);
        return clean;
    }

    // The noise that the network sees, of the clean sample before it is clipped.
    private protected float NoiseOf(float sample, float prediction, float root, float noise) => _prediction switch
    {
        PredictionKind.Epsilon => prediction,
        PredictionKind.Sample => (sample - (root * prediction)) / noise,
        _ => (root * prediction) + (noise * sample),
    };

    private static double[] Betas(JsonFields config, int count)
    {
        if (config.Has("trained_betas")) throw config.Wrong("trained_betas", "null");
        double first = config.Number("beta_start", 0.0001, 1e-9, 0.999), last = config.Number("beta_end", 0.02, 1e-9, 0.999);
        string schedule = config.Text("beta_schedule")
            ?? (config.Text("_class_name") == "UnCLIPScheduler" ? "squaredcos_cap_v2" : "linear");
        return schedule switch
        {
            "linear" => [.. Enumerable.Range(0, count).Select(i => Between(first, last, i))],
            "scaled_linear" => [.. Enumerable.Range(0, count).Select(i => Math.Pow(Between(Math.Sqrt(first), Math.Sqrt(last), i), 2))],
            "squaredcos_cap_v2" =>
                [.. Enumerable.Range(0, count).Select(i => Math.Min(1 - (Cosine(i + 1) / Cosine(i)), 0.999))],
            _ => throw config.Wrong("beta_schedule", "linear, scaled_linear or squaredcos_cap_v2"),
        };

        double Between(double from, double to, int i) => count == 1 ? from : from + ((to - from) * i / (count - 1));
        double Cosine(int i) => Math.Pow(Math.Cos((((double)i / count) + 0.008) / 1.008 * Math.PI / 2), 2);
    }

    private static double[] Cumulative(double[] betas)
    {
        var kept = new double[betas.Length];
        double product = 1;
        for (int i = 0; i < kept.Length; i++) kept[i] = product *= 1 - betas[i];
        return kept;
    }

    // Values beyond a quantile are cut, and the rest brought to -1 to 1.
    private void Threshold(float[] clean)
    {
        float[] sizes = [.. clean.Select(MathF.Abs)];
        Array.Sort(sizes);
        double place = _ratio * (sizes.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sizes.Length - 1);
        float limit = (float)Math.Clamp(sizes[below] + ((sizes[above] - sizes[below]) * (place - below)), 1, _mostValue);
        for (int i = 0; i < clean.Length; i++) clean[i] = Math.Clamp(clean[i], -limit, limit) / limit;
    }
}
