#!/usr/bin/env bash
# The main job on show: images -> CRISM Batch Map and CRISM Add Mars Basemap (through qgis_process) -> a QGIS project and a picture of
# it, all in demo/. The images are simulated, or the user's own: SCENE=FILE, and where needed WAVELENGTHS=FILE and MODEL=FILE.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export HOME=$home XDG_RUNTIME_DIR=$home QT_QPA_PLATFORM=offscreen QGIS_PLUGINPATH=$PWD/build PYTHONPATH=$PWD PYTHONDONTWRITEBYTECODE=1
qgis_process=$(command -v qgis_process.bin || command -v qgis_process)
python=/usr/bin/python3
mkdir -p demo

if [ -n "${SCENE:-}" ]; then
    images=("$SCENE")
    title="Minerals of $(basename "${SCENE%.*}")"
    subtitle=""
else
    echo "Simulating two overlapping CRISM images near Jezero and NE Syrtis"
    mapfile -t images < <($python -m crism_gan_plugin.core simulate --quiet --out-dir demo/scenes)
    [ ${#images[@]} -gt 0 ] || { echo "No image was simulated; see the message above." >&2; exit 1; }
    title="Minerals near Jezero and NE Syrtis, Mars"
    subtitle="Two simulated CRISM images at their real places; the minerals in them are invented"
fi

run() { # ALGORITHM PARAMETER=VALUE...
    if ! "$qgis_process" run "crism:$1" -- "${@:2}" >"$home/log" 2>&1; then
        grep -m 1 '^ERROR:.*[a-z]' "$home/log" >&2 || cat "$home/log" >&2
        exit 2
    fi
    grep 'WARNING' "$home/log" || true
}

"$qgis_process" plugins enable crism_gan_plugin >/dev/null 2>&1
project=(demo --title "$title" --subtitle "$subtitle")
parameters=()
if [ -n "${WAVELENGTHS:-}" ]; then
    project+=(--wavelengths "$WAVELENGTHS")
    parameters+=("WAVELENGTHS=$WAVELENGTHS")
fi
for image in "${images[@]}"; do
    project+=(--image "$image" --map "demo/maps/$(basename "${image%.*}")_minerals.tif")
done
if [ -n "${SCENE:-}" ]; then
    [ -z "${MODEL:-}" ] || parameters+=("MODEL=$MODEL")
    echo "Mapping $SCENE"
    run ganmap "INPUT=$SCENE" "OUTPUT=demo/maps/$(basename "${SCENE%.*}")_minerals.tif" "${parameters[@]}"
else
    echo "Mapping ${images[*]}"
    rm -f demo/maps/composite*
    run batchmap "${images[@]/#/INPUT=}" OUTPUT_FOLDER=demo/maps
    echo "Making the graticule and the landing sites"
    run marsbasemap BASEMAP=none LAYERS=demo/maps/composite.tif LOCAL=demo/mars.gpkg
    project+=(--composite demo/maps/composite.tif --local demo/mars.gpkg)
fi
if ! $python tools/demo_project.py "${project[@]}" >"$home/made" 2>"$home/log"; then
    cat "$home/log" >&2
    exit 1
fi
mapfile -t made <"$home/made"

echo
echo "Maps:     demo/maps (a GeoTIFF each, with style, evidence and provenance; their composite; a table of what was found where)"
echo "Project:  ${made[0]} (open it in QGIS)"
echo "Picture:  ${made[1]}"
