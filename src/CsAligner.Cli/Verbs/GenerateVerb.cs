using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Generation;
using CsAligner.Generation.Diffusion;
using CsAligner.Studies.Encoders;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign generate</c>: pictures of words, of pictures or of embeddings,
/// by a decoder that knows image embeddings alone.</summary>
internal static class GenerateVerb
{
    private const int MostSteps = 1000, MostGuidance = 20, MostPictures = 10_000;

    public static Command Create(CommandRunner runner)
    {
        var defaults = new GenerationOptions();
        Argument<string[]> words = new("WORDS")
        {
            Description = "The texts to make pictures from, one per argument; after -- all arguments are texts",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string[]> images = CommonOptions.Paths(
            "--image", PathRole.Picture, "Make variations of this picture, instead of words; repeat for several");
        Option<string?> embeddings = CommonOptions.OptionalPath(
            "--embeddings", PathRole.Rows, "Make pictures from rows in the decoder's space: a .npy file or a feature-set folder");
        Option<string> decoder = CommonOptions.DefaultPath(
            "--decoder",
            PathRole.Decoder,
            $"The decoder: {NamedModel.Decoder}, which makes icons, or a folder that pretrain or export-unclip.py wrote",
            NamedModel.Decoder);
        Option<string?> model = CommonOptions.OptionalPath(
            "--model", PathRole.Model,
            $"The encoder that the decoder was trained with; by default {NamedModel.Clip}");
        Option<string?> adapter = CommonOptions.OptionalPath(
            "--adapter", PathRole.Run,
            "Align's output folder: maps words with its text adapter, pictures with its image adapter");
        Option<int> count =
            CommonOptions.Count("--count", "Make this many pictures per input, each from its own noise", defaults.Count,
                most: MostPictures);
        Option<int> steps = CommonOptions.Count("--steps", "Set the number of steps from noise to picture", defaults.Steps,
            most: MostSteps);
        Option<double> guidance = CommonOptions.Number(
            "--guidance", "Exaggerate the embedding by this factor; 1 does not, and takes half the time", defaults.Guidance, 0,
                MostGuidance);
        Option<string> sampler = CommonOptions.Choice(
            "--sampler", "Choose the integration step; heun calls the decoder twice per step and has a smaller error", Samplers.Default,
                [.. new Samplers().Names]);
        Option<ulong> seed = CommonOptions.Seed();
        Option<string> output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder to write pictures to");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("generate", "Make pictures from words, pictures or embeddings")
        {
            words, images, embeddings, decoder, model, adapter, count, steps, guidance, sampler, seed, output, json,
        };
        GenerateInputs Inputs(ParseResult parsed) => new(
            parsed.GetValue(words) ?? [],
            parsed.GetValue(images) ?? [],
            parsed.GetValue(embeddings),
            parsed.GetValue(model),
            parsed.GetValue(adapter));
        runner.SetAction(command, (parsed, session) =>
        {
            GenerateInputs inputs = Inputs(parsed);
            var settings = new GenerateSettings(
                parsed.GetValue(count),
                parsed.IsGiven(steps) ? parsed.GetValue(steps) : null,
                parsed.IsGiven(guidance) ? parsed.GetValue(guidance) : null,
                parsed.IsGiven(sampler) ? parsed.GetValue(sampler) : null,
                parsed.GetValue(seed));
            var run = new GenerateRun(session, inputs, parsed.GetRequiredValue(decoder), settings);
            run.Write(parsed.GetRequiredValue(output), parsed.GetValue(json));
        },
        parsed => Inputs(parsed).Check());
        return command;
    }
}
