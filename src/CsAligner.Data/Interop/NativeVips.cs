using System.Runtime.InteropServices;

namespace CsAligner.Data.Interop;

/// <summary>
/// The part of libvips' C interface that is free of variable arguments, and of the GObject that its one file carries.
/// </summary>
internal static unsafe partial class NativeVips
{
    public const string Library = "csaligner-vips";

    static NativeVips() => VipsLibrary.Register();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int vips_init(string argv0);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int g_setenv(string variable, string value, int overwrite);

    [LibraryImport(Library)]
    public static partial int vips_version(int flag);

    [LibraryImport(Library)]
    public static partial void vips_cache_set_max(int max);

    [LibraryImport(Library)]
    public static partial void vips_concurrency_set(int concurrency);

    [LibraryImport(Library)]
    public static partial void vips_block_untrusted_set(int state);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void vips_operation_block_set(string name, int state);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint vips_operation_new(string name);

    [LibraryImport(Library)]
    public static partial nint vips_cache_operation_build(nint operation);

    [LibraryImport(Library)]
    public static partial void vips_object_unref_outputs(nint operation);

    [LibraryImport(Library)]
    public static partial nint vips_error_buffer_copy();

    [LibraryImport(Library)]
    public static partial nint vips_blob_new(nint freeFunction, void* data, nuint length);

    [LibraryImport(Library)]
    public static partial void vips_area_unref(nint area);

    [LibraryImport(Library)]
    public static partial nuint vips_blob_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_image_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_fail_on_get_type();

    [LibraryImport(Library)]
    public static partial nuint vips_interpretation_get_type();

    [LibraryImport(Library)]
    public static partial void g_value_set_enum(GValue* value, int number);

    [LibraryImport(Library)]
    public static partial int vips_image_get_width(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_height(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_bands(nint image);

    [LibraryImport(Library)]
    public static partial int vips_image_get_format(nint image);

    [LibraryImport(Library)]
    public static partial nint vips_image_write_to_memory(nint image, out nuint length);

    [LibraryImport(Library)]
    public static partial void g_free(nint memory);

    [LibraryImport(Library)]
    public static partial void g_object_unref(nint instance);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_set_property(nint instance, string name, GValue* value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_get_property(nint instance, string name, GValue* value);

    [LibraryImport(Library)]
    public static partial GValue* g_value_init(GValue* value, nuint type);

    [LibraryImport(Library)]
    public static partial void g_value_unset(GValue* value);

    [LibraryImport(Library)]
    public static partial void g_value_set_boxed(GValue* value, nint boxed);

    [LibraryImport(Library)]
    public static partial void g_value_set_object(GValue* value, nint instance);

    [LibraryImport(Library)]
    public static partial nint g_value_get_object(GValue* value);

    /// <summary>GObject's box for a value of any type: 24 bytes that must start as zeros.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct GValue
    {
        private readonly nuint _type;
        private readonly ulong _first;
        private readonly ulong _second;
    }
}
